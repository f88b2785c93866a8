"""Instagram: what fixtures cannot say, and the contract of all adapters."""

from typing import Any

import orjson
import pytest

from messaging.channels import Received, instagram
from messaging.channels.events import Comment, Contact, Event, InboundMessage, StatusUpdate
from messaging.tests.adapter_contract import MetaAdapterContract
from messaging.tests.payload_files import PAYLOADS

SHOP, LINA = "17841000000000017", "9120000000000011"


def webhook(*messaging: dict[str, Any], **entry: Any) -> bytes:
    return orjson.dumps({"object": "instagram", "entry": [{"id": SHOP, "time": 1, "messaging": messaging, **entry}]})


def said(sender: str = LINA, recipient: str = SHOP, **what: Any) -> dict[str, Any]:
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1775037600000, **what}


def read(body: bytes) -> list[Event]:
    return instagram.parse(Received(body=body))


def fixture(name: str) -> Event:
    (event,) = read((PAYLOADS / "instagram" / f"{name}.json").read_bytes())
    return event


class TestContract(MetaAdapterContract):
    platform = "instagram"
    body = webhook(said(message={"mid": "m_1", "text": "Marhaba"}))
    unknown = webhook(said(novelty={"x": 1}), changes=[{"field": "novelty", "value": {"x": 1}}])
    batch = orjson.dumps(
        {
            "object": "instagram",
            "entry": [
                {"id": SHOP, "messaging": [said(message={"mid": "m_1", "text": "a"}), said(read={"mid": "m_2"})]},
                {"id": "7", "messaging": [said(message={"mid": "m_1", "text": "a"})]},
                {"id": SHOP, "field": "comments", "value": {"id": "5", "text": "b"}},
                {"id": SHOP, "changes": [{"field": "comments", "value": {"id": "6", "text": "c"}}]},
            ],
        }
    )
    batch_ids = ("m_1", "m_2", "m_1", "5", "6")


def test_writers_and_commenters_are_one_person() -> None:
    assert fixture("text").contact.keys == fixture("comment").contact.keys == (("igsid", LINA),)


def test_a_username_is_shown_but_proves_nobody() -> None:
    contact = fixture("comment").contact
    assert contact == Contact(LINA, keys=(("igsid", LINA),), username="lina.sample")


@pytest.mark.parametrize("name", ["comment_by_the_shop", "comment_by_the_shop_under_its_other_id"])
def test_the_shop_itself_is_nobody_to_be_made_a_customer(name: str) -> None:
    event = fixture(name)
    assert isinstance(event, Comment)
    assert (event.contact.id, event.contact.keys, event.direction) == (SHOP, (), "out")


def test_the_id_of_an_ad_copy_is_not_taken_for_the_post() -> None:
    event = fixture("comment_on_an_ad")
    assert isinstance(event, Comment)
    assert event.attribution["original_media_id"] == "18010000000000105"
    assert event.attribution["media_id"] == "18010000000000106"
    assert "post_id" not in event.attribution


def test_a_read_receipt_names_its_message() -> None:
    event = fixture("read")
    assert isinstance(event, StatusUpdate)
    assert (event.message_ids, event.watermark) == (("aWdfZml4dHVyZQ-20",), None)


@pytest.mark.parametrize(
    ("reply", "answered"),
    [
        ({"mid": "m_0"}, "m_0"),
        ({"story": {"id": "77", "url": "https://cdn.example/s"}}, "story:77"),
        ({"story": {"url": "https://cdn.example/s"}}, ""),
        ({"mid": "m_0", "story": {"id": "77"}}, "m_0"),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_replies_to_stories_and_to_messages_are_told_apart(reply: object, answered: str) -> None:
    (event,) = read(webhook(said(message={"mid": "m_1", "text": "nice", "reply_to": reply})))
    assert isinstance(event, InboundMessage)
    assert event.reply_to == answered


def test_a_comment_whose_parent_is_the_post_answers_nobody() -> None:
    value = {"id": "5", "text": "b", "media": {"id": "9"}, "parent_id": "9"}
    (event,) = read(webhook(changes=[{"field": "comments", "value": value}]))
    assert isinstance(event, Comment)
    assert event.reply_to == ""


def test_some_comments_name_their_id_as_facebook_does() -> None:
    (event,) = read(webhook(changes=[{"field": "comments", "value": {"comment_id": "5", "text": "b"}}]))
    assert isinstance(event, Comment)
    assert event.external_id == "5"


def test_an_entry_may_carry_changes_and_a_change_of_its_own() -> None:
    flat = {"field": "comments", "value": {"id": "6"}}
    events = read(webhook(changes=[{"field": "comments", "value": {"id": "5"}}], **flat))
    assert [event.external_id for event in events if isinstance(event, Comment)] == ["5", "6"]
