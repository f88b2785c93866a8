"""A Telegram bot's updates.

https://core.telegram.org/bots/api#update
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson

from messaging.simulation.facts import Chose, Edited, Fact, Reacted, Said
from messaging.simulation.traffic.meta_conversations import at_once
from messaging.simulation.traffic.stage import Stage, WeightedScenes
from messaging.simulation.world import Happening, Person


class TelegramTraffic(Stage):
    batches: ClassVar[bool] = False

    def keys_of(self, serial: int) -> tuple[tuple[str, str], ...]:
        return (("chat", str(self.world.run * 100_000 + serial)),)

    def scenes(self) -> WeightedScenes:
        return (
            (50, self.chat),
            (8, self.started),
            (8, self.photo),
            (4, self.location),
            (8, self.pressed),
            (6, self.edited),
            (3, self.reacted),
            (3, self.blocked),
            (3, self.in_group),
        )

    def body(self, happenings: Sequence[Happening]) -> bytes:
        """Return the one update."""
        (happening,) = happenings
        return orjson.dumps({"update_id": self.world.number(), happening.place: happening.part})

    def broken_body(self) -> bytes:
        token = self.world.stamp().encode()
        return self.world.pick((b'{"update_id":1,"message":{"%s' % token, b"%s" % token, b'{"%s":{}}' % token))

    def _user(self, person: Person) -> dict[str, Any]:
        return {
            "id": int(person.keys[0][1]),
            "is_bot": False,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "language_code": person.language,
        }

    def _message(self, person: Person, number: int, at: int, **content: Any) -> dict[str, Any]:
        chat = {"id": int(person.keys[0][1]), "type": "private", "first_name": person.first_name}
        return {"message_id": number, "from": self._user(person), "chat": chat, "date": at, **content}

    def send(
        self, account: str, person: Person, *, delay: int = 0, number: int = 0, text: str = "", **content: Any
    ) -> Happening:
        """Return a message; in `content`, `said` completes its fact."""
        at, number = self.world.second(person), number or self.world.number()
        said = content.pop("said", {})
        if text:
            content["caption" if "photo" in content else "text"] = text
        fact = Said(account, f"{person.keys[0][1]}:{number}", person.name, text, at=at * 1000, **said)
        part = self._message(person, number, at, **content)
        return Happening(delay, account, part, self.with_person(account, person, fact), "message")

    def says(self, account: str, person: Person, text: str) -> Happening:
        return self.send(account, person, text=text)

    def chat(self, account: str, person: Person) -> list[Happening]:
        return [self.says(account, person, self.words(person))]

    def started(self, account: str, person: Person) -> list[Happening]:
        """Somebody comes by a link that names where they found it."""
        reference = f"flyer-{self.world.delay(9)}"
        return [self.send(account, person, text=f"/start {reference}", said={"source": "referral"})]

    def photo(self, account: str, person: Person) -> list[Happening]:
        caption = self.words(person) if self.world.happens(0.5) else ""
        sizes = [
            {"file_id": self.world.token(60), "file_unique_id": self.world.token(15), "width": width, "height": width}
            for width in (90, 320, 1280)
        ]
        return [self.send(account, person, text=caption, photo=sizes, said={"attachments": 1})]

    def location(self, account: str, person: Person) -> list[Happening]:
        where = {"latitude": 30.04 + self.world.chance.random(), "longitude": 31.23}
        return [self.send(account, person, location=where, said={"attachments": 1})]

    def pressed(self, account: str, person: Person) -> list[Happening]:
        """A press on a button below a message of the bot."""
        query_id = f"{self.world.run}{self.world.number()}"
        below = self._message(person, self.world.number(), self.world.second(person), text="Which size?")
        below["from"] = {"id": int(self.accounts[account]), "is_bot": True, "first_name": "Shop"}
        part = {"id": query_id, "from": self._user(person), "message": below, "data": "size:M", "chat_instance": "1"}
        fact = Said(account, query_id, person.name)
        return [Happening(0, account, part, self.with_person(account, person, fact), "callback_query")]

    def edited(self, account: str, person: Person) -> list[Happening]:
        number = self.world.number()
        found = [self.send(account, person, number=number, text=self.words(person), delay=self.world.delay(4))]
        date = found[0].part["date"]
        for version in range(1, 2 + self.world.delay(1)):
            text = self.words(person)
            part = self._message(person, number, date, edit_date=date + version, text=text)
            fact = Edited(account, f"{person.keys[0][1]}:{number}", version, text)
            found.append(Happening(self.world.delay(6), account, part, (fact,), "edited_message"))
        return at_once(found)

    def reacted(self, account: str, person: Person) -> list[Happening]:
        """A reaction to a message of their own; Telegram tells the whole set that holds now."""
        number = self.world.number()
        found = [self.send(account, person, number=number, text=self.words(person), delay=self.world.delay(3))]
        person.busy_until += 1000
        at = self.world.second(person)
        message_id = f"{person.keys[0][1]}:{number}"
        part = {
            "chat": {"id": int(person.keys[0][1]), "type": "private"},
            "message_id": number,
            "user": self._user(person),
            "date": at,
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": "👍"}],
        }
        fact: Fact = Reacted(account, message_id, person.name, "👍", at * 1000)
        found.append(Happening(self.world.delay(4), account, part, (fact,), "message_reaction"))
        return at_once(found)

    def blocked(self, account: str, person: Person) -> list[Happening]:
        """Somebody blocks the bot, and perhaps lets it write again."""
        found = []
        for status in ("kicked", "member")[: 1 + self.world.happens(0.5)]:
            person.busy_until += 1000
            at = self.world.second(person)
            bot = {"id": int(self.accounts[account]), "is_bot": True, "first_name": "Shop"}
            part = {
                "chat": {"id": int(person.keys[0][1]), "type": "private", "first_name": person.first_name},
                "from": self._user(person),
                "date": at,
                "old_chat_member": {"user": bot, "status": "member" if status == "kicked" else "kicked"},
                "new_chat_member": {"user": bot, "status": status},
            }
            fact = Chose(account, person.name, status == "kicked", at * 1000)
            facts = self.with_person(account, person, fact)
            found.append(Happening(self.world.delay(4), account, part, facts, "my_chat_member"))
        return at_once(found)

    def in_group(self, account: str, person: Person) -> list[Happening]:
        """A message in a group that the bot sits in: of no consequence."""
        part = self._message(person, self.world.number(), self.world.second(person), text=self.words(person))
        part["chat"] = {"id": -100_000_000_000 - self.world.run, "type": "supergroup", "title": "Friends"}
        return [Happening(0, account, part, (), "message")]
