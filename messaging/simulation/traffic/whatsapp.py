"""WhatsApp Cloud API: messages, echoes of the phone app, statuses, new numbers.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson

from messaging.simulation.facts import Became, Chose, Edited, Fact, Known, Reacted, Said, TakenBack
from messaging.simulation.traffic.meta_conversations import at_once
from messaging.simulation.traffic.phones import own_phone, phone_of, spelled
from messaging.simulation.traffic.stage import Stage, WeightedScenes
from messaging.simulation.world import Happening, Person, Wall, World

MESSAGES, ECHOES, STATUSES, PREFERENCES = "messages", "message_echoes", "statuses", "user_preferences"
FIELDS = {MESSAGES: "messages", ECHOES: "smb_message_echoes", STATUSES: "messages", PREFERENCES: "user_preferences"}
WITHHELD = 4  # every so manieth person comes without a phone number


class WhatsAppTraffic(Stage):
    """One in four people has a user id and no number; one in four of the others has both."""

    batches: ClassVar[bool] = True

    def __init__(self, world: World, accounts: Any) -> None:
        super().__init__(world, accounts)
        self.wall = Wall(world)

    def keys_of(self, serial: int) -> tuple[tuple[str, str], ...]:
        user_id = ("user_id", f"EG.{self.world.run}{serial:06d}")
        if serial % WITHHELD == 0:
            return (user_id,)
        language = ("ar", "en", "pt")[serial % 3]
        phone = ("phone", phone_of(self.world, language, serial))
        return (phone, user_id) if serial % WITHHELD == 1 else (phone,)

    def scenes(self) -> WeightedScenes:
        return (
            (40, self.chat),
            (8, self.photo),
            (5, self.voice),
            (3, self.location),
            (6, self.button),
            (8, self.by_ad),
            (3, self.ordered),
            (4, self.edited),
            (3, self.revoked),
            (4, self.reacted),
            (8, self.sent_by_api),
            (2, self.new_number),
            (2, self.preference),
        )

    # --- envelope ---

    def body(self, happenings: Sequence[Happening]) -> bytes:
        """Return the envelope; each change holds what belongs to one account and one kind."""
        entries = []
        for happening in happenings:
            number_id = self.accounts[happening.account]
            value: dict[str, Any] = {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "15550001111", "phone_number_id": number_id},
                **happening.part,
            }
            change = {"field": FIELDS[happening.place], "value": value}
            entries.append({"id": f"10{number_id}", "changes": [change]})
        return orjson.dumps({"object": "whatsapp_business_account", "entry": entries})

    def broken_body(self) -> bytes:
        token = self.world.stamp().encode()
        return self.world.pick(
            (b'{"object":"whatsapp_business_account","entry":[{"%s' % token, b"[%s" % token, b'"%s"' % token)
        )

    def wamid(self) -> str:
        return f"wamid.{self.world.run}{self.world.number()}{self.world.token(36)}"

    def send(
        self,
        account: str,
        person: Person,
        message: dict[str, Any],
        *,
        delay: int = 0,
        fact: Fact | None = None,
        **said: Any,
    ) -> Happening:
        """Return a message of theirs, with who they are as the platform tells it; `said` completes its fact.

        With a `fact` of its own it is no message but something that happened to one: nobody is made of that.
        """
        at, wamid = self.world.second(person), said.pop("id", "") or self.wamid()
        text = said.pop("text", "")
        told, keys = self._told(person)
        phone = own_phone(person)
        contact = {"profile": {"name": person.full_name}, **({"wa_id": phone} if phone else {}), **told}
        item = {"id": wamid, "timestamp": str(at), **self._from(person), **message}
        what = Said(account, wamid, person.name, text, at=at * 1000, **said), Known(account, person.name, keys)
        facts = (fact,) if fact else what
        return Happening(delay, account, {"contacts": [contact], "messages": [item]}, facts, MESSAGES)

    def _from(self, person: Person) -> dict[str, str]:
        phone = own_phone(person)
        return {"from": spelled(self.world, phone)} if phone else {"from_user_id": person.keys[-1][1]}

    def _told(self, person: Person) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
        """Return the user id where this payload tells it, and the ids that it proves to be one person's."""
        user_id = next((value for kind, value in person.keys if kind == "user_id"), "")
        phone = own_phone(person)
        if user_id and (not phone or self.world.happens(0.5)):
            return {"user_id": user_id}, person.keys
        return {}, tuple(key for key in person.keys if key[0] == "phone")

    # --- what people write ---

    def says(self, account: str, person: Person, text: str) -> Happening:
        return self.send(account, person, {"type": "text", "text": {"body": text}}, text=text)

    def chat(self, account: str, person: Person) -> list[Happening]:
        found = [self.says(account, person, self.words(person))]
        if self.world.happens(0.5):
            found += self._answered(account, person)
        return found

    def photo(self, account: str, person: Person) -> list[Happening]:
        caption = self.words(person) if self.world.happens(0.5) else ""
        image = {
            "id": f"{self.world.run}{self.world.number()}",
            "mime_type": "image/jpeg",
            "sha256": self.world.token(44),
        }
        part = {"type": "image", "image": image | ({"caption": caption} if caption else {})}
        return [self.send(account, person, part, text=caption, attachments=1)]

    def voice(self, account: str, person: Person) -> list[Happening]:
        audio = {"id": f"{self.world.run}{self.world.number()}", "mime_type": "audio/ogg; codecs=opus", "voice": True}
        return [self.send(account, person, {"type": "audio", "audio": audio}, attachments=1)]

    def location(self, account: str, person: Person) -> list[Happening]:
        town, _ = self.world.talk.town(person.language)
        where = {"latitude": 30.04 + self.world.chance.random(), "longitude": 31.23, "name": town}
        return [self.send(account, person, {"type": "location", "location": where}, attachments=1)]

    def button(self, account: str, person: Person) -> list[Happening]:
        title = self.world.talk.follow_up(person.language)[:20]
        chosen = {"id": f"choice-{self.world.delay(5)}", "title": title}
        kind = self.world.pick(("button_reply", "list_reply"))
        return [
            self.send(account, person, {"type": "interactive", "interactive": {"type": kind, kind: chosen}}, text=title)
        ]

    def by_ad(self, account: str, person: Person) -> list[Happening]:
        """The first message of somebody who tapped an ad."""
        offer, text = self.world.pick(self.wall.posts), self.words(person)
        referral = {
            "source_url": f"https://pictures.example/{offer.ad_id}",
            "source_type": "ad",
            "source_id": offer.ad_id,
            "headline": offer.ad_title,
            "body": offer.title,
            "media_type": "image",
            "image_url": f"https://pictures.example/{offer.ad_id}.jpg",
            "ctwa_clid": self.world.token(40),
        }
        message = {"type": "text", "text": {"body": text}, "referral": referral}
        return [self.send(account, person, message, text=text, source="ad", ad=offer.ad_id)]

    def ordered(self, account: str, person: Person) -> list[Happening]:
        text = self.world.talk.follow_up(person.language)
        product = {
            "product_retailer_id": f"sku-{self.world.delay(99)}",
            "quantity": 1,
            "item_price": 450,
            "currency": "EGP",
        }
        order = {"catalog_id": f"44{self.world.run}", "text": text, "product_items": [product]}
        return [self.send(account, person, {"type": "order", "order": order}, text=text)]

    def edited(self, account: str, person: Person) -> list[Happening]:
        """A message and its edits: a message each, that names the one it changes."""
        wamid = self.wamid()
        text = self.words(person)
        first = {"type": "text", "text": {"body": text}}
        found = [self.send(account, person, first, id=wamid, text=text, delay=self.world.delay(4))]
        for number in range(1 + self.world.delay(1)):
            person.busy_until += 1000  # the newest edit is the one with the later second
            text = self.words(person)
            change = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": text}}}
            fact = Edited(account, wamid, number + 1, text)
            found.append(
                self.send(account, person, {"type": "edit", "edit": change}, delay=self.world.delay(6), fact=fact)
            )
        return at_once(found)

    def revoked(self, account: str, person: Person) -> list[Happening]:
        wamid, text = self.wamid(), self.words(person)
        first = {"type": "text", "text": {"body": text}}
        said = self.send(account, person, first, id=wamid, text=text, delay=self.world.delay(4))
        part = {"type": "revoke", "revoke": {"original_message_id": wamid}}
        gone = self.send(account, person, part, delay=self.world.delay(4), fact=TakenBack(account, wamid))
        return at_once([said, gone])

    def reacted(self, account: str, person: Person) -> list[Happening]:
        """An answer of ours, a heart on it, and perhaps the heart taken off again."""
        wamid = self.wamid()
        found = [self._echo(account, person, wamid)]
        for emoji in ("❤️", "")[: 1 + self.world.happens(0.3)]:
            person.busy_until += 1000
            fact = Reacted(account, wamid, person.name, emoji, self.world.second(person) * 1000)
            part = {"type": "reaction", "reaction": {"message_id": wamid, "emoji": emoji}}
            found.append(self.send(account, person, part, delay=self.world.delay(5), fact=fact))
        return at_once(found)

    # --- what we write, and what becomes of it ---

    def _echo(self, account: str, person: Person, wamid: str) -> Happening:
        """Return a message of ours, written in the phone app."""
        at, text = self.world.second(person), self.world.talk.answer(person.language)
        phone = own_phone(person)
        to = {"to": phone} if phone else {"recipient": person.keys[-1][1]}
        item = {"id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}, "from": "15550001111", **to}
        keys = tuple(key for key in person.keys if key[0] == ("phone" if phone else "user_id"))
        facts = (Said(account, wamid, person.name, text, "out", at=at * 1000), Known(account, person.name, keys))
        return Happening(self.world.delay(6), account, {"message_echoes": [item]}, facts, ECHOES)

    def _answered(self, account: str, person: Person) -> list[Happening]:
        wamid = self.wamid()
        statuses = ("sent", "delivered", "read")[: 1 + self.world.delay(2)]
        if len(statuses) == 3 and self.world.happens(0.2):
            statuses = ("sent", "read")  # delivered is often skipped
        return [self._echo(account, person, wamid), *self._statuses(account, person, wamid, statuses)]

    def _statuses(self, account: str, person: Person, wamid: str, words: Sequence[str]) -> list[Happening]:
        found: list[Happening] = []
        for word in words:
            phone = own_phone(person)
            to = {"recipient_id": phone} if phone else {"recipient_user_id": person.keys[-1][1]}
            item: dict[str, Any] = {"id": wamid, "status": word, "timestamp": str(self.world.second(person)), **to}
            if word == "failed":
                item["errors"] = [{"code": 131047, "title": "Re-engagement message"}]
            fact = Became(account, wamid, word)
            found.append(Happening(self.world.delay(8), account, {"statuses": [item]}, (fact,), STATUSES))
        return found

    def sent_by_api(self, account: str, person: Person) -> list[Happening]:
        """Statuses of a message that another tool sent by the API: there is no echo of it."""
        words = ("failed",) if self.world.happens(0.2) else ("sent", "delivered", "read")
        return at_once(self._statuses(account, person, self.wamid(), words))

    # --- who they are ---

    def new_number(self, account: str, person: Person) -> list[Happening]:
        """Somebody takes a new number and writes from it: the same person."""
        old = own_phone(person)
        if not old or len(person.keys) > 1:
            return self.chat(account, person)
        new = phone_of(self.world, person.language, self.world.number())
        system = {"body": f"User changed from {old} to {new}", "wa_id": new, "type": "user_changed_number"}
        keys = (("phone", old), ("phone", new))
        item = {
            "id": self.wamid(),
            "from": old,
            "timestamp": str(self.world.second(person)),
            "type": "system",
            "system": system,
        }
        facts = (Known(account, person.name, keys),)
        moved = Happening(self.world.delay(3), account, {"messages": [item]}, facts, MESSAGES)
        person.keys = (("phone", new),)
        return at_once([moved, self.says(account, person, self.words(person))])

    def preference(self, account: str, person: Person) -> list[Happening]:
        """Somebody stops marketing messages, and perhaps allows them again."""
        found = []
        phone = own_phone(person)
        who = {"wa_id": phone} if phone else {"user_id": person.keys[-1][1]}
        keys = tuple(key for key in person.keys if key[0] == ("phone" if phone else "user_id"))
        for value in ("stop", "resume")[: 1 + self.world.happens(0.3)]:
            person.busy_until += 1000
            at = self.world.second(person)
            item = {**who, "category": "marketing_messages", "value": value, "detail": "User request", "timestamp": at}
            facts = (
                Chose(account, person.name, value == "stop", at * 1000, "marketing"),
                Known(account, person.name, keys),
            )
            found.append(Happening(self.world.delay(4), account, {"user_preferences": [item]}, facts, PREFERENCES))
        return at_once(found)
