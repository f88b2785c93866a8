"""Telegram: what fixtures cannot say, and the contract of all adapters."""

from typing import Any

import orjson
import pytest

from messaging.channels import BadSignature, MalformedPayload, Received, telegram
from messaging.channels.events import (
    ConsentChange,
    Deletion,
    Echo,
    Edit,
    Event,
    IdentityChange,
    Ignored,
    InboundMessage,
    Reaction,
)
from messaging.tests.adapter_contract import AdapterContract
from messaging.tests.payload_files import PAYLOADS

ANA = "700100201"


def update(**item: Any) -> bytes:
    return orjson.dumps({"update_id": 910000001, **item})


def said(**message: Any) -> dict[str, Any]:
    ana = {"id": int(ANA), "is_bot": False, "first_name": "Ana"}
    return {"message_id": 1, "date": 1775037600, "from": ana, "chat": {"id": int(ANA), "type": "private"}, **message}


def read(body: bytes) -> list[Event]:
    return telegram.parse(Received(body=body))


def message(**fields: Any) -> InboundMessage:
    (event,) = read(update(message=said(**fields)))
    assert isinstance(event, InboundMessage)
    return event


def fixture(name: str) -> Event:
    (event,) = read((PAYLOADS / "telegram" / f"{name}.json").read_bytes())
    return event


class TestContract(AdapterContract):
    platform = "telegram"
    secret = "secret_token"
    signature_header = "x-telegram-bot-api-secret-token"
    signs_body = False
    body = update(message=said(text="Marhaba"))
    unknown = update(novelty={"x": 1})


def test_it_refuses_a_token_that_only_begins_like_the_secret() -> None:
    received = Received(body=b"{}", headers={"x-telegram-bot-api-secret-token": "s3cret-and-more"})
    with pytest.raises(BadSignature):
        telegram.verify(received, {"secret_token": ["s3cret"]})


def test_a_secret_may_go_beyond_ascii() -> None:
    received = Received(body=b"{}", headers={"x-telegram-bot-api-secret-token": "سر"})
    telegram.verify(received, {"secret_token": ["سر"]})
    with pytest.raises(BadSignature):
        telegram.verify(received, {"secret_token": ["سرا"]})


def test_what_has_neither_an_update_id_nor_a_known_field_is_no_update() -> None:
    with pytest.raises(MalformedPayload):
        read(b'{"object": "page", "entry": []}')


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chosen_inline_result", "other"),
        ("chat_boost", "other"),
        ("removed_chat_boost", "other"),
        ("shipping_query", "payment"),
        ("purchased_paid_media", "payment"),
        ("subscription", "payment"),
        ("managed_bot", "account_event"),
        ("chat_member", "system"),
    ],
)
def test_an_update_of_no_consequence_is_ignored_by_its_name(name: str, kind: str) -> None:
    (event,) = read(update(**{name: {"id": "1", "from": {"id": 5}}}))
    assert isinstance(event, Ignored)
    assert (event.kind, event.type, event.contact.id) == (kind, name, "5")


def test_an_unknown_update_is_named_by_the_field_that_is_set() -> None:
    (event,) = read(update(message=None, novelty={"x": 1}))
    assert isinstance(event, Ignored)
    assert (event.kind, event.type) == ("other", "novelty")


def test_a_message_without_a_chat_or_a_number_has_no_id() -> None:
    assert message(chat={}).external_id == ""
    assert message(message_id=None).external_id == ""


def test_it_names_the_token_that_sends() -> None:
    assert "bot_token" in telegram.SECRETS


def test_an_update_without_content_holds_no_event() -> None:
    assert read(update()) == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("text", (("chat", ANA),)),
        ("contact_of_the_sender", (("chat", ANA), ("phone", "201005550142"))),
        ("contact_of_another", (("chat", ANA),)),
        ("group_message", (("chat", ANA),)),
        ("group_message_by_anonymous_admin", (("chat", "-1002200330044"),)),
        ("group_message_by_a_channel", (("chat", "-1003300440055"),)),
        ("message_by_the_business_account", (("chat", ANA),)),
        ("poll_closed", ()),
    ],
)
def test_a_person_is_known_by_the_id_of_their_chat(name: str, keys: tuple[tuple[str, str], ...]) -> None:
    assert fixture(name).contact.keys == keys


def test_a_person_has_a_name_and_a_language() -> None:
    contact = fixture("text").contact
    assert (contact.name, contact.username, contact.profile) == ("Ana", "ana_buys", {"language": "ar"})


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("text", False),
        ("group_message", True),
        ("channel_post", True),
        ("guest_message", True),
        ("chat_without_type", True),
        ("button_pressed", False),
        ("button_pressed_in_group", True),
        ("button_pressed_inline", False),
        ("message_to_the_business_account", False),
    ],
)
def test_what_is_not_said_in_private_is_marked(name: str, group: bool) -> None:
    event = fixture(name)
    assert isinstance(event, InboundMessage)
    assert event.group is group


def test_a_reaction_in_a_group_is_marked() -> None:
    reaction = fixture("reaction_by_anonymous_admin")
    assert isinstance(reaction, Reaction)
    assert reaction.group


def test_what_the_owner_of_the_business_account_writes_is_an_echo() -> None:
    assert isinstance(fixture("message_by_the_business_account"), Echo)
    edit = fixture("message_by_the_business_account_edited")
    assert isinstance(edit, Edit)
    assert edit.direction == "out"


def test_a_message_of_a_plain_bot_is_never_an_echo() -> None:
    assert message(chat={"id": 5, "type": "private"}, text="Hello").contact.id == ANA


def test_an_edit_holds_the_whole_new_message() -> None:
    edit = fixture("photo_edited")
    assert isinstance(edit, Edit)
    assert (edit.message_id, edit.version) == (f"{ANA}:16", 1775037690)
    assert [item.id for item in edit.attachments or ()] == ["AgAC-other"]


def test_deleted_messages_are_named_one_by_one() -> None:
    events = read((PAYLOADS / "telegram" / "business_messages_deleted.json").read_bytes())
    assert [event.message_id for event in events if isinstance(event, Deletion)] == [f"{ANA}:51", f"{ANA}:52"]


@pytest.mark.parametrize(("name", "opted_out"), [("bot_blocked", True), ("bot_unblocked", False)])
def test_blocking_the_bot_is_a_change_of_consent(name: str, opted_out: bool) -> None:
    change = fixture(name)
    assert isinstance(change, ConsentChange)
    assert change.opted_out is opted_out
    assert change.contact.keys == (("chat", ANA),)


def test_removing_the_bot_from_a_group_is_nobodys_wish() -> None:
    assert isinstance(fixture("bot_removed_from_group"), Ignored)


@pytest.mark.parametrize("name", ["group_became_supergroup", "supergroup_came_from_group"])
def test_a_group_that_moved_is_told_from_both_sides_alike(name: str) -> None:
    change = fixture(name)
    assert isinstance(change, IdentityChange)
    assert change.contact.keys == (("chat", "-4400550066"),)
    assert change.new_keys == (("chat", "-1002200330044"),)


#: What the Bot API calls a service message, with the older names that stored deliveries may still hold.
SERVICES = """
    new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant new_chat_title
    new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created chat_owner_left
    chat_owner_changed message_auto_delete_timer_changed pinned_message successful_payment refunded_payment users_shared
    user_shared chat_shared connected_website write_access_allowed proximity_alert_triggered boost_added
    chat_background_set checklist_tasks_done checklist_tasks_added poll_option_added poll_option_deleted
    direct_message_price_changed paid_message_price_changed gift unique_gift gift_upgrade_sent forum_topic_created
    forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden
    giveaway giveaway_created giveaway_winners giveaway_completed suggested_post_approved suggested_post_approval_failed
    suggested_post_declined suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started
    video_chat_ended video_chat_participants_invited voice_chat_scheduled voice_chat_started voice_chat_ended
    voice_chat_participants_invited managed_bot_created community_chat_added community_chat_removed
    community_chat_joined
"""


@pytest.mark.parametrize("field", SERVICES.split())
def test_a_service_message_is_ignored_whatever_else_it_holds(field: str) -> None:
    (event,) = read(update(message=said(**{field: {}, "text": "unused"})))
    assert isinstance(event, Ignored)
    assert (event.kind, event.type) == ("system", field)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("/start spring", "spring"),
        ("/start@shop_bot spring", "spring"),
        ("/start  spring sale ", "spring sale"),
        ("/start", ""),
        ("/start ", ""),
        ("/starting now", ""),
        ("start spring", ""),
        (" /start spring", ""),
    ],
)
def test_what_follows_start_is_the_reference(text: str, ref: str) -> None:
    assert message(text=text).attribution.get("ref", "") == ref


def test_of_two_sizes_of_one_picture_the_larger_is_taken_whatever_the_order() -> None:
    sizes = [{"file_id": "large", "width": 100, "height": 100}, {"file_id": "small", "width": 9, "height": 9}]
    for photo in (sizes, sizes[::-1]):
        assert [item.id for item in message(photo=photo).attachments] == ["large"]


@pytest.mark.parametrize("markup", [None, [], {}, {"inline_keyboard": 1}, {"inline_keyboard": [1, [1, {"text": "x"}]]}])
def test_a_press_is_read_whatever_keyboard_it_comes_with(markup: Any) -> None:
    pressed = {"id": "1", "from": {"id": 5}, "data": "a", "message": said(reply_markup=markup)}
    (event,) = read(update(callback_query=pressed))
    assert isinstance(event, InboundMessage)
    assert (event.payload, event.extra.get("button_text")) == ("a", None)


def test_all_reactions_of_a_person_are_read_together() -> None:
    reactions = [{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "🔥"}]
    item = {"chat": {"id": 5, "type": "private"}, "message_id": 7, "user": {"id": 5}, "new_reaction": reactions}
    (event,) = read(update(message_reaction=item))
    assert isinstance(event, Reaction)
    assert (event.kind, event.text, event.reply_to) == ("reaction", "👍🔥", "5:7")
