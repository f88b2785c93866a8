"""Messenger conversations, comments under the page's posts, and lead forms.

https://developers.facebook.com/docs/messenger-platform/webhooks
https://developers.facebook.com/docs/graph-api/webhooks/reference/page
"""

from typing import Any

from messaging.simulation.facts import Became, Edited, Fact, Said, SeenUpTo, TakenBack
from messaging.simulation.traffic.meta_conversations import CHANGES, MESSAGING, MetaConversations, at_once
from messaging.simulation.traffic.stage import WeightedScenes
from messaging.simulation.world import Happening, Person, Wall


class MessengerTraffic(MetaConversations):
    product = "page"
    key_kind = "psid"

    def wall(self, account_id: str) -> Wall:
        return Wall(self.world, prefix=f"{account_id}_")

    def scenes(self) -> WeightedScenes:
        return (
            (40, self.chat),
            (8, self.photo),
            (6, self.postback),
            (6, self.by_ad),
            (4, self.came_by_link),
            (4, self.quick_reply),
            (12, self.commented),
            (3, self.edited),
            (2, self.unsent),
            (4, self.reacted),
            (3, self.lead_form),
            (2, self.liked),
        )

    def answered(self, account: str, person: Person) -> list[Happening]:
        """Our answer, delivered and read: receipts speak of ids, or of everything up to a time."""
        mid = self.mid()
        found = [self.echo(account, person, mid, delay=self.world.delay(6))]
        at = self.world.moment(person)
        part = self.item(account, person, at, delivery={"mids": [mid], "watermark": at})
        facts: tuple[Fact, ...] = (Became(account, mid, "delivered"), SeenUpTo(account, person.name, "delivered", at))
        found.append(Happening(self.world.delay(8), account, part, facts, MESSAGING))
        if self.world.happens(0.7):
            at = self.world.moment(person)
            part = self.item(account, person, at, read={"watermark": at})
            fact = SeenUpTo(account, person.name, "read", at)
            found.append(Happening(self.world.delay(10), account, part, (fact,), MESSAGING))
        return found

    def quick_reply(self, account: str, person: Person) -> list[Happening]:
        reply = {"text": self.world.talk.follow_up(person.language), "quick_reply": {"payload": "size:M"}}
        return [self.send(account, person, reply)]

    def commented(self, account: str, person: Person) -> list[Happening]:
        """A comment under a post; perhaps our answer, an edit, its removal."""
        post = self.some_post(account)
        comment_id = f"{post.id.partition('_')[2]}_{self.world.run}{self.world.number()}"
        text = self.world.talk.comment(person.language)
        author = {"id": person.keys[0][1], "name": person.full_name}
        found = [self._comment(account, person, post.id, comment_id, author, message=text)]
        found[0].facts = self.with_person(
            account,
            person,
            Said(account, comment_id, person.name, text, source="comment", post=post.id),
        )
        if self.world.happens(0.4):
            found.append(self._our_answer(account, person, post.id, comment_id))
        if self.world.happens(0.15):
            text = self.world.talk.comment(person.language)
            found.append(self._comment(account, person, post.id, comment_id, author, verb="edited", message=text))
            found[-1].facts = (Edited(account, comment_id, 1, text),)
        if self.world.happens(0.1):
            found.append(self._comment(account, person, post.id, comment_id, author, verb="remove"))
            found[-1].facts = (TakenBack(account, comment_id),)
        return at_once(found)

    def _our_answer(self, account: str, person: Person, post_id: str, parent: str) -> Happening:
        comment_id = f"{post_id.partition('_')[2]}_{self.world.run}{self.world.number()}"
        text = self.world.talk.comment_answer(person.language)
        page = {"id": self.accounts[account], "name": "Shop"}
        answer = self._comment(account, person, post_id, comment_id, page, message=text, parent_id=parent)
        answer.facts = (
            Said(account, comment_id, person.name, text, "out", source="comment", post=post_id, under=parent),
        )
        return answer

    def _comment(
        self, account: str, person: Person, post_id: str, comment_id: str, author: dict[str, str], **value: Any
    ) -> Happening:
        told = {
            "item": "comment",
            "verb": "add",
            "comment_id": comment_id,
            "post_id": post_id,
            "parent_id": post_id,
            "from": author,
            "created_time": self.world.second(person),
        }
        return Happening(self.world.delay(5), account, {"field": "feed", "value": told | value}, place=CHANGES)

    def lead_form(self, account: str, person: Person) -> list[Happening]:
        offer, leadgen_id = self.some_post(account), f"{self.world.run}{self.world.number()}"
        organic = self.world.happens(0.2)
        value = {
            "leadgen_id": leadgen_id,
            "page_id": self.accounts[account],
            "form_id": f"77{self.world.run}",
            "created_time": int(self.world.now()),
            "ad_id": 0 if organic else offer.ad_id,
        }
        fact = Said(account, leadgen_id, "", source="lead_form", ad="" if organic else offer.ad_id)
        return [Happening(0, account, {"field": "leadgen", "value": value}, (fact,), CHANGES)]

    def liked(self, account: str, person: Person) -> list[Happening]:
        """A reaction to a post, which is of no consequence."""
        value = {
            "item": "reaction",
            "reaction_type": "love",
            "verb": "add",
            "post_id": self.some_post(account).id,
            "from": {"id": person.keys[0][1], "name": person.full_name},
            "created_time": self.world.second(person),
        }
        return [Happening(0, account, {"field": "feed", "value": value}, place=CHANGES)]
