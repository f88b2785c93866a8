"""Twilio: SMS and WhatsApp of one number, and statuses of what was sent by it.

https://www.twilio.com/docs/messaging/guides/webhook-request
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from messaging.simulation.facts import Became, Chose, Said
from messaging.simulation.traffic.meta_conversations import PICTURES, at_once
from messaging.simulation.traffic.phones import own_phone, phone_of
from messaging.simulation.traffic.stage import Stage, WeightedScenes
from messaging.simulation.world import Happening, Person, Wall, World

ACCOUNT_SID = "AC00000000000000000000000000000000"


class TwilioTraffic(Stage):
    """Every other person writes SMS, the others WhatsApp."""

    batches: ClassVar[bool] = False

    def __init__(self, world: World, accounts: Any) -> None:
        super().__init__(world, accounts)
        self.wall = Wall(world)

    def keys_of(self, serial: int) -> tuple[tuple[str, str], ...]:
        return (("phone", phone_of(self.world, ("ar", "en", "pt")[serial % 3], serial)),)

    def scenes(self) -> WeightedScenes:
        return (
            (50, self.chat),
            (8, self.photo),
            (8, self.by_ad),
            (6, self.button),
            (3, self.stopped),
            (12, self.sent_by_api),
        )

    def body(self, happenings: Sequence[Happening]) -> bytes:
        """Return the one form."""
        (happening,) = happenings
        return urlencode(happening.part).encode()

    def broken_body(self) -> bytes:
        token = self.world.stamp()
        return self.world.pick((f"nothing={token}&known=", f'{{"json":"{token}"}}', f"%00={token}")).encode()

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{self.world.run:011x}{self.world.number():021x}"[:34]

    def _address(self, person: Person) -> str:
        channel = "whatsapp:" if person.serial % 2 else ""
        return f"{channel}+{own_phone(person)}"

    def send(
        self, account: str, person: Person, *, text: str = "", said: dict[str, Any] | None = None, **fields: str
    ) -> Happening:
        """Return a message of theirs; `said` completes its fact."""
        whatsapp = person.serial % 2
        sid = self._sid("SM")
        form = {
            "AccountSid": ACCOUNT_SID,
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "From": self._address(person),
            "To": f"{'whatsapp:' if whatsapp else ''}{self.accounts[account]}",
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        if whatsapp:
            form |= {"ProfileName": person.full_name, "WaId": own_phone(person)}
        fact = Said(account, sid, person.name, text, **(said or {}))
        return Happening(0, account, form | fields, self.with_person(account, person, fact))

    def says(self, account: str, person: Person, text: str) -> Happening:
        return self.send(account, person, text=text)

    def chat(self, account: str, person: Person) -> list[Happening]:
        return [self.says(account, person, self.words(person))]

    def photo(self, account: str, person: Person) -> list[Happening]:
        number = 1 + self.world.delay(1)
        media = {f"MediaUrl{place}": f"{PICTURES}/{self.world.token(16)}" for place in range(number)}
        media |= {f"MediaContentType{place}": "image/jpeg" for place in range(number)}
        text = self.words(person) if self.world.happens(0.4) else ""
        return [self.send(account, person, text=text, said={"attachments": number}, NumMedia=str(number), **media)]

    def by_ad(self, account: str, person: Person) -> list[Happening]:
        if not person.serial % 2:
            return self.chat(account, person)
        offer = self.world.pick(self.wall.posts)
        return [
            self.send(
                account,
                person,
                text=self.words(person),
                said={"source": "ad", "ad": offer.ad_id},
                ReferralSourceType="ad",
                ReferralSourceId=offer.ad_id,
                ReferralSourceUrl=f"https://pictures.example/{offer.ad_id}",
                ReferralHeadline=offer.ad_title,
                ReferralBody=offer.title,
                ReferralCtwaClid=self.world.token(40),
            )
        ]

    def button(self, account: str, person: Person) -> list[Happening]:
        text = self.world.talk.follow_up(person.language)[:20]
        return [self.send(account, person, text=text, ButtonText=text, ButtonPayload=f"choice-{self.world.delay(5)}")]

    def stopped(self, account: str, person: Person) -> list[Happening]:
        """Somebody opts out by the word that the platform itself obeys."""
        happening = self.send(account, person, text="STOP", OptOutType="STOP")
        happening.facts += (Chose(account, person.name, True, self.world.moment(person)),)
        return [happening]

    def sent_by_api(self, account: str, person: Person) -> list[Happening]:
        """Statuses of a message that was sent by the API."""
        sid, found = self._sid("SM"), []
        words = ("failed",) if self.world.happens(0.2) else ("sent", "delivered", "read")
        for word in words[: 2 + person.serial % 2]:  # SMS are never read
            form = {
                "AccountSid": ACCOUNT_SID,
                "MessageSid": sid,
                "SmsSid": sid,
                "MessageStatus": word,
                "SmsStatus": word,
                "To": self._address(person),
                "From": f"{'whatsapp:' if person.serial % 2 else ''}{self.accounts[account]}",
                "ApiVersion": "2010-04-01",
            }
            if word == "failed":
                form["ErrorCode"] = "63016" if person.serial % 2 else "30003"
            found.append(Happening(self.world.delay(6), account, form, (Became(account, sid, word),)))
        return at_once(found)
