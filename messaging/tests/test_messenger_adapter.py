"""Messenger, the page feed and lead ads: what fixtures cannot say, and the contract of all adapters."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from messaging.channels import Received, messenger
from messaging.channels.events import Comment, Contact, Echo, Edit, Event, Ignored, InboundMessage, LeadForm, Referral
from messaging.tests.adapter_contract import MetaAdapterContract
from messaging.tests.payload_files import PAYLOADS

PAGE, ANA = "104200000000017", "7340000000000011"


def webhook(*messaging: dict[str, Any], **entry: Any) -> bytes:
    return orjson.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": messaging, **entry}]})


def said(sender: str = ANA, recipient: str = PAGE, **what: Any) -> dict[str, Any]:
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1775037600000, **what}


def comment(**value: Any) -> bytes:
    about = {"item": "comment", "verb": "add", "comment_id": "1_2", "post_id": "9_1", "message": "Price?", **value}
    return webhook(changes=[{"field": "feed", "value": about}])


def read(body: bytes) -> list[Event]:
    return messenger.parse(Received(body=body))


def fixture(name: str) -> Event:
    (event,) = read((PAYLOADS / "messenger" / f"{name}.json").read_bytes())
    return event


class TestContract(MetaAdapterContract):
    platform = "messenger"
    body = webhook(said(message={"mid": "m_1", "text": "Marhaba"}))
    unknown = webhook(said(novelty={"x": 1}), changes=[{"field": "novelty", "value": {"x": 1}}])
    batch = orjson.dumps(
        {
            "object": "page",
            "entry": [
                {"id": PAGE, "messaging": [said(message={"mid": "m_1", "text": "a"}), said(postback={"mid": "m_2"})]},
                {"id": "7", "standby": [said(message={"mid": "m_1", "text": "a"})]},
                {"id": PAGE, "changes": [{"field": "leadgen", "value": {"leadgen_id": 5}}]},
            ],
        }
    )
    batch_ids = ("m_1", "m_2", "m_1", "5")


def test_a_person_is_known_by_the_page_scoped_id() -> None:
    assert fixture("text").contact == Contact(ANA, keys=(("psid", ANA),))


def test_a_first_message_ties_the_checkbox_reference_to_the_person() -> None:
    assert fixture("first_message_after_a_checkbox").contact.keys == (("psid", ANA), ("user_ref", "cart-5521"))


def test_prior_messages_of_other_kinds_prove_no_further_id() -> None:
    prior = {"source": "customer_matching", "identifier": "+20100000000"}
    (event,) = read(webhook(said(message={"mid": "m_1"}, prior_message=prior)))
    assert event.contact.keys == (("psid", ANA),)


def test_an_optin_may_know_only_a_reference() -> None:
    event = fixture("optin_known_by_reference_only")
    assert isinstance(event, Ignored)
    assert event.contact == Contact("", keys=(("user_ref", "cart-5521"),))


def test_the_marketing_token_of_an_optin_is_not_kept() -> None:
    assert "not kept" not in str(fixture("optin_to_topic_stopped"))


@pytest.mark.parametrize("name", ["comment_by_the_page", "photo_posted_by_the_page"])
def test_the_page_itself_is_nobody_to_be_made_a_customer(name: str) -> None:
    contact = fixture(name).contact
    assert (contact.id, contact.keys) == (PAGE, ())


def test_an_echo_is_of_the_person_it_was_sent_to() -> None:
    event = fixture("echo_of_our_own_send_call")
    assert isinstance(event, Echo)
    assert event.contact.keys == (("psid", ANA),)


def test_an_echo_whose_ids_are_not_swapped_makes_the_page_no_customer() -> None:
    (event,) = read(webhook(said(message={"mid": "m_1", "is_echo": True})))
    assert isinstance(event, Echo)
    assert event.contact == Contact(PAGE)


def test_a_page_that_writes_to_itself_is_not_taken_for_an_echo() -> None:
    (event,) = read(webhook(said(sender=PAGE, message={"mid": "m_1", "text": "test"})))
    assert isinstance(event, InboundMessage)


def test_a_referral_is_kept_as_it_came() -> None:
    event = fixture("postback_from_an_ad")
    assert isinstance(event, InboundMessage)
    assert event.referral["ads_context_data"] == {
        "ad_title": "Sandals",
        "video_url": "https://cdn.example/ad-frame.jpg",
    }


def test_a_referral_without_an_ad_says_nothing_of_ads() -> None:
    event = fixture("referral_from_a_link")
    assert isinstance(event, Referral)
    assert "ad_id" not in event.attribution


def test_the_post_of_the_referral_itself_beats_that_of_its_ad_context() -> None:
    (event,) = read(webhook(said(referral={"post_id": "1", "ads_context_data": {"post_id": "2"}})))
    assert isinstance(event, Referral)
    assert event.attribution == {"post_id": "1"}


@pytest.mark.parametrize(
    ("num_edit", "version"),
    [(2, 2), ("3", 3), (None, 0), ("x", 0), ("²", 0), (-1, 0), (10**12, 0), (True, 0), (2.0, 0)],
)
def test_edits_are_numbered(num_edit: object, version: int) -> None:
    (event,) = read(webhook(said(message_edit={"mid": "m_1", "text": "b", "num_edit": num_edit})))
    assert isinstance(event, Edit)
    assert (event.message_id, event.version) == ("m_1", version)


@pytest.mark.parametrize("mids", ["m_1", {"m_1": 1}, [None, {}, ""], 7, None])
def test_a_delivery_without_usable_ids_still_has_its_watermark(mids: object) -> None:
    (event,) = read(webhook(said(delivery={"mids": mids, "watermark": 1775037600000})))
    assert getattr(event, "message_ids", None) == ()
    assert getattr(event, "watermark", None) == datetime(2026, 4, 1, 10, tzinfo=UTC)


def test_coordinates_are_numbers_or_nothing() -> None:
    where = {"lat": True, "long": -31.5, "name": "x"}
    attachment = {"type": "location", "payload": {"coordinates": where}}
    (event,) = read(webhook(said(message={"mid": "m_1", "attachments": [attachment]})))
    assert isinstance(event, InboundMessage)
    assert event.attachments[0].extra == {"long": -31.5}


def test_an_image_stays_beside_a_sticker_of_another_kind() -> None:
    attachments = [
        {"type": "image", "payload": {"url": "https://cdn.example/a.jpg"}},
        {"type": "sticker", "payload": {"sticker_id": 1, "url": "https://cdn.example/s.png"}},
        {"type": "sticker", "payload": {"url": "https://cdn.example/t.png"}},
    ]
    (event,) = read(webhook(said(message={"mid": "m_1", "attachments": attachments})))
    assert isinstance(event, InboundMessage)
    assert [item.type for item in event.attachments] == ["image", "sticker", "sticker"]


def test_a_lead_is_known_by_its_form_until_its_fields_are_fetched() -> None:
    event = fixture("lead")
    assert isinstance(event, LeadForm)
    assert event.contact == Contact("", keys=(("form", "660200000000001"),))


@pytest.mark.parametrize(
    ("value", "answered"),
    [
        ({"parent_id": "9_1"}, ""),
        ({"parent_id": "1"}, ""),
        ({"parent_id": "1_1"}, "1_1"),
        ({"parent_id": None}, ""),
        ({"parent_id": "9_1", "post_id": None, "post": {"id": "9_1"}}, ""),
        ({"parent_id": "1_1", "post_id": None}, "1_1"),
    ],
)
def test_a_comment_answers_another_comment_or_the_post_itself(value: dict[str, Any], answered: str) -> None:
    (event,) = read(comment(**value))
    assert isinstance(event, Comment)
    assert event.reply_to == answered


def test_a_comment_without_its_id_is_of_no_use() -> None:
    (event,) = read(comment(comment_id=None))
    assert isinstance(event, Ignored)


def test_who_wrote_a_review_did_not_write_the_comments_on_it() -> None:
    (event,) = read(comment(reviewer_id=ANA, reviewer_name="Ana"))
    assert isinstance(event, Comment)
    assert event.contact == Contact("")


def test_a_comment_by_nobody_on_an_account_without_id_is_not_our_own() -> None:
    (event,) = read(comment(verb="add").replace(PAGE.encode(), b""))
    assert isinstance(event, Comment)
    assert event.direction == "in"


def test_a_comment_is_dated_by_the_entry_where_it_has_no_time() -> None:
    (event,) = read(
        webhook(time=1775037605, changes=[{"field": "feed", "value": {"item": "comment", "comment_id": "1"}}])
    )
    assert event.ts == datetime(2026, 4, 1, 10, 0, 5, tzinfo=UTC)


def test_a_message_is_never_dated_by_its_entry() -> None:
    item = said(message={"mid": "m_1"}) | {"timestamp": None}
    (event,) = read(webhook(item, time=1775037605000))
    assert event.ts is None


def test_what_is_no_object_in_a_list_does_not_hide_its_neighbours() -> None:
    body = orjson.dumps({"object": "page", "entry": [None, "x", {"messaging": [7, said(message={"mid": "m_1"}), []]}]})
    assert [event.external_id for event in read(body) if isinstance(event, InboundMessage)] == ["m_1"]
