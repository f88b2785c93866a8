"""Instagram direct messages, answers to stories, and comments.

https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from typing import Any

from messaging.simulation.facts import Became, Said
from messaging.simulation.traffic.meta_conversations import CHANGES, MESSAGING, PICTURES, MetaConversations, at_once
from messaging.simulation.traffic.stage import WeightedScenes
from messaging.simulation.world import Happening, Person


class InstagramTraffic(MetaConversations):
    product = "instagram"
    key_kind = "igsid"

    def scenes(self) -> WeightedScenes:
        return (
            (36, self.chat),
            (8, self.photo),
            (4, self.postback),
            (6, self.by_ad),
            (3, self.came_by_link),
            (8, self.story_reply),
            (4, self.story_mention),
            (14, self.commented),
            (4, self.commented_on_ad),
            (2, self.edited),
            (4, self.unsent),
            (4, self.reacted),
        )

    def answered(self, account: str, person: Person) -> list[Happening]:
        """Our answer, and that it was read; Instagram tells no deliveries."""
        mid = self.mid()
        found = [self.echo(account, person, mid, delay=self.world.delay(6))]
        if self.world.happens(0.7):
            part = self.item(account, person, self.world.moment(person), read={"mid": mid})
            found.append(Happening(self.world.delay(8), account, part, (Became(account, mid, "read"),), MESSAGING))
        return found

    def story_reply(self, account: str, person: Person) -> list[Happening]:
        story = {"id": f"18{self.world.run}{self.world.delay(9)}", "url": f"{PICTURES}/{self.world.token(12)}"}
        message = {"text": self.words(person), "reply_to": {"story": story}}
        return [self.send(account, person, message, source="story")]

    def story_mention(self, account: str, person: Person) -> list[Happening]:
        mention = {"type": "story_mention", "payload": {"url": f"{PICTURES}/{self.world.token(20)}"}}
        return [self.send(account, person, {"attachments": [mention]}, source="story", attachments=1)]

    def commented(self, account: str, person: Person) -> list[Happening]:
        """A comment, and perhaps our answer to it."""
        post = self.some_post(account)
        media = {"id": post.id, "media_product_type": "FEED"}
        comment = self._comment(account, person, media, post=post.id)
        found = [comment]
        if self.world.happens(0.4):
            found.append(self._our_answer(account, person, post.id, comment.part["value"]["id"]))
        return at_once(found)

    def commented_on_ad(self, account: str, person: Person) -> list[Happening]:
        """A comment on an ad: the media is the ad's own, only the original one is a post that the shop knows."""
        offer = self.some_post(account)
        media = {
            "id": f"99{offer.ad_id}",
            "media_product_type": "AD",
            "ad_id": offer.ad_id,
            "ad_title": offer.ad_title,
            "original_media_id": offer.id,
        }
        comment = self._comment(account, person, media, post=offer.id, ad=offer.ad_id)
        comment.delay = 0
        return [comment]

    def _comment(self, account: str, person: Person, media: dict[str, Any], **said: Any) -> Happening:
        comment_id = f"17{self.world.run}{self.world.number()}"
        text = self.world.talk.comment(person.language)
        username = f"{self.world.run}.{person.serial}"
        value = {
            "id": comment_id,
            "text": text,
            "from": {"id": person.keys[0][1], "username": username},
            "media": media,
        }
        fact = Said(account, comment_id, person.name, text, source="comment", **said)
        facts = self.with_person(account, person, fact)
        return Happening(self.world.delay(5), account, {"field": "comments", "value": value}, facts, CHANGES)

    def _our_answer(self, account: str, person: Person, post_id: str, parent: str) -> Happening:
        comment_id = f"17{self.world.run}{self.world.number()}"
        text = self.world.talk.comment_answer(person.language)
        value = {
            "id": comment_id,
            "text": text,
            "parent_id": parent,
            "from": {"id": self.accounts[account], "username": "shop", "self_ig_scoped_id": self.accounts[account]},
            "media": {"id": post_id, "media_product_type": "FEED"},
        }
        fact = Said(account, comment_id, person.name, text, "out", source="comment", post=post_id, under=parent)
        return Happening(self.world.delay(5), account, {"field": "comments", "value": value}, (fact,), CHANGES)
