"""What Messenger and Instagram share: conversations in `messaging`, and the envelope of entries.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import orjson

from messaging.simulation.facts import Came, Edited, Fact, Reacted, Said, TakenBack
from messaging.simulation.traffic.stage import Stage
from messaging.simulation.world import Happening, Person, SocialPost, Wall, World

MESSAGING, CHANGES = "messaging", "changes"
EMOJIS = (("love", "❤"), ("smile", "😊"), ("wow", "😮"), ("like", "👍"))
PICTURES = "https://pictures.example"


class MetaConversations(Stage):
    """Scenes that both products know; `key_kind` is what they call people's ids."""

    product: ClassVar[str]
    key_kind: ClassVar[str]
    batches: ClassVar[bool] = True

    def __init__(self, world: World, accounts: Any) -> None:
        super().__init__(world, accounts)
        self.walls = {slug: self.wall(account_id) for slug, account_id in self.accounts.items()}

    def wall(self, account_id: str) -> Wall:
        """Return the posts of an account."""
        return Wall(self.world)

    def keys_of(self, serial: int) -> tuple[tuple[str, str], ...]:
        return ((self.key_kind, f"{self.world.run}{serial:06d}"),)

    def body(self, happenings: Sequence[Happening]) -> bytes:
        """Return the envelope; events of one account and kind share an entry."""
        entries: dict[tuple[str, str], dict[str, Any]] = {}
        for happening in happenings:
            account_id = self.accounts[happening.account]
            fresh = {"id": account_id, "time": int(self.world.now() * 1000), happening.place: []}
            entry = entries.setdefault((account_id, happening.place), fresh)
            entry[happening.place].append(happening.part)
        return orjson.dumps({"object": self.product, "entry": list(entries.values())})

    def broken_body(self) -> bytes:
        token = self.world.stamp().encode()
        whole = b'{"object":"%s","entry":[{"id":"%s","messaging":[' % (self.product.encode(), token)
        return self.world.pick(
            (whole, b"[" * 200 + token, b"%s is no JSON" % token, b'"%s"' % token, b'{"entry":"%s"}' % token)
        )

    def mid(self) -> str:
        return f"m_{self.world.run}{self.world.number()}{self.world.token(48)}"

    def item(self, account: str, person: Person, at: int, *, ours: bool = False, **what: Any) -> dict[str, Any]:
        """Return an element of `messaging`."""
        ends = ({"id": person.keys[0][1]}, {"id": self.accounts[account]})
        sender, recipient = reversed(ends) if ours else ends
        return {"sender": sender, "recipient": recipient, "timestamp": at, **what}

    def send(self, account: str, person: Person, message: dict[str, Any], *, delay: int = 0, **said: Any) -> Happening:
        """Return a message of theirs; `said` completes its fact."""
        at = self.world.moment(person)
        mid = said.pop("id", "") or self.mid()
        clock = at // 1000 if self.world.happens(0.02) else 0 if self.world.happens(0.005) else at
        part = self.item(account, person, clock, message={"mid": mid, **message})
        fact = Said(account, mid, person.name, message.get("text", ""), at=at, **said)
        return Happening(delay, account, part, self.with_person(account, person, fact), MESSAGING)

    def says(self, account: str, person: Person, text: str) -> Happening:
        return self.send(account, person, {"text": text})

    def echo(self, account: str, person: Person, mid: str, *, delay: int) -> Happening:
        """Return a message of ours, written in the platform's own inbox."""
        at, text = self.world.moment(person), self.world.talk.answer(person.language)
        message = {"mid": mid, "text": text, "is_echo": True, "app_id": 263902037430900}
        fact = Said(account, mid, person.name, text, "out", at=at)
        part = self.item(account, person, at, ours=True, message=message)
        return Happening(delay, account, part, self.with_person(account, person, fact), MESSAGING)

    def chat(self, account: str, person: Person) -> list[Happening]:
        found = [self.says(account, person, self.words(person))]
        if self.world.happens(0.6):
            found += self.answered(account, person)
        return found

    @abstractmethod
    def answered(self, account: str, person: Person) -> list[Happening]:
        """Return our answer and what becomes of it."""

    def photo(self, account: str, person: Person) -> list[Happening]:
        number = 1 + self.world.delay(2)
        attachments = [
            {"type": "image", "payload": {"url": f"{PICTURES}/{self.world.token(16)}.jpg"}} for _ in range(number)
        ]
        message: dict[str, Any] = {"attachments": attachments}
        if self.world.happens(0.3):
            message["text"] = self.words(person)
        return [self.send(account, person, message, attachments=number)]

    def postback(self, account: str, person: Person) -> list[Happening]:
        at, mid = self.world.moment(person), self.mid()
        title = self.world.talk.follow_up(person.language)
        postback: dict[str, Any] = {"mid": mid, "title": title, "payload": f"menu:{self.world.token(5)}"}
        source, ad = "direct", ""
        if self.world.happens(0.3):
            offer = self.some_post(account)
            postback["referral"] = self.ad_referral(offer)
            source, ad = "ad", offer.ad_id
        fact = Said(account, mid, person.name, title, source=source, at=at, ad=ad)
        part = self.item(account, person, at, postback=postback)
        return [Happening(0, account, part, self.with_person(account, person, fact), MESSAGING)]

    def some_post(self, account: str) -> SocialPost:
        return self.world.pick(self.walls[account].posts)

    def ad_referral(self, offer: SocialPost) -> dict[str, Any]:
        """Return what the platform tells of the ad that somebody came by."""
        return {
            "ref": f"offer-{offer.ad_id[-2:]}",
            "ad_id": offer.ad_id,
            "source": "ADS",
            "type": "OPEN_THREAD",
            "ads_context_data": {"ad_title": offer.ad_title, "photo_url": f"{PICTURES}/{offer.ad_id}.jpg"},
        }

    def by_ad(self, account: str, person: Person) -> list[Happening]:
        offer = self.some_post(account)
        message = {"text": self.words(person), "referral": self.ad_referral(offer)}
        return [self.send(account, person, message, source="ad", ad=offer.ad_id)]

    def came_by_link(self, account: str, person: Person) -> list[Happening]:
        """Somebody opens the conversation by an ad or link; they may write only later."""
        at, ad = self.world.moment(person), ""
        referral = {"ref": f"flyer-{self.world.delay(9)}", "source": "SHORTLINK", "type": "OPEN_THREAD"}
        if self.world.happens(0.4):
            offer = self.some_post(account)
            referral, ad = self.ad_referral(offer), offer.ad_id
        part = self.item(account, person, at, referral=referral)
        facts = self.with_person(account, person, Came(account, person.name, at, ad))
        return [Happening(0, account, part, facts, MESSAGING)]

    def edited(self, account: str, person: Person) -> list[Happening]:
        """A message and one or two edits of it, which may come before it."""
        mid, first = self.mid(), self.words(person)
        found = [self.send(account, person, {"text": first}, id=mid, delay=self.world.delay(4))]
        for version in range(1, 2 + self.world.delay(1)):
            at, text = self.world.moment(person), self.words(person)
            part = self.item(account, person, at, message_edit={"mid": mid, "text": text, "num_edit": version})
            fact = Edited(account, mid, version, text)
            found.append(Happening(self.world.delay(6), account, part, (fact,), MESSAGING))
        return at_once(found)

    def unsent(self, account: str, person: Person) -> list[Happening]:
        mid = self.mid()
        said = self.send(account, person, {"text": self.words(person)}, id=mid, delay=self.world.delay(4))
        part = self.item(account, person, self.world.moment(person), message={"mid": mid, "is_deleted": True})
        gone = Happening(self.world.delay(4), account, part, (TakenBack(account, mid),), MESSAGING)
        return at_once([said, gone])

    def reacted(self, account: str, person: Person) -> list[Happening]:
        """An answer of ours that they put a heart on, and perhaps take it off again."""
        mid = self.mid()
        found = [self.echo(account, person, mid, delay=self.world.delay(3))]
        name, emoji = self.world.pick(EMOJIS)
        for action in ("react", "unreact")[: 1 + self.world.happens(0.3)]:
            at = self.world.moment(person)
            shown = {"reaction": name, "emoji": emoji} if action == "react" else {}
            part = self.item(account, person, at, reaction={"mid": mid, "action": action, **shown})
            fact: Fact = Reacted(account, mid, person.name, shown.get("emoji", ""), at)
            found.append(Happening(self.world.delay(5), account, part, (fact,), MESSAGING))
        return at_once(found)


def at_once(happenings: list[Happening]) -> list[Happening]:
    """Make the soonest of these events due now; their order stays."""
    soonest = min(happening.delay for happening in happenings)
    for happening in happenings:
        happening.delay -= soonest
    return happenings
