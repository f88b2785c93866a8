"""From a signed POST to a message in a conversation: what each kind of event leaves behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from campaigns.models import AdCampaign, Post
from crm.models import Channel, Consent, Customer, Identity, IdentityKey
from crm.tests.factories import make_channel, make_customer
from messaging.models import Attachment, Conversation, Message, MessageEvent, MessageStatus, WebhookDelivery
from messaging.services import close_conversation
from messaging.tests.webhooks import (
    START,
    comment,
    drain,
    messenger,
    post,
    receive,
    text_message,
    whatsapp,
    whatsapp_text,
)

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime.fromtimestamp(START / 1000, UTC)


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", external_id="100")


def echo(mid: str, psid: str, text: str, at: int) -> dict[str, Any]:
    message = {"mid": mid, "is_echo": True, "text": text}
    return {"sender": {"id": "100"}, "recipient": {"id": psid}, "timestamp": at, "message": message}


def test_a_message_becomes_a_customer_a_conversation_and_a_message(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "مرحبا")))
    message = Message.objects.get()
    assert (message.text, message.direction, message.status) == ("مرحبا", "in", MessageStatus.RECEIVED)
    assert message.conversation.identity.customer == Customer.objects.get()
    assert (message.conversation.unread_count, message.conversation.message_count) == (1, 1)
    assert message.conversation.waiting_since == message.at == Identity.objects.get().last_inbound_at == NOON
    assert WebhookDelivery.objects.get().status == "processed"
    assert message.delivery_id == WebhookDelivery.objects.get().pk


def test_the_same_message_in_two_deliveries_counts_once(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "a")), messenger(page, text_message("m_1", "a"), time=7))
    assert (WebhookDelivery.objects.count(), Message.objects.count()) == (2, 1)
    assert Conversation.objects.get().message_count == 1


def test_the_same_message_twice_in_one_delivery_counts_once(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "a"), text_message("m_1", "a")))
    assert Conversation.objects.get().message_count == Message.objects.count() == 1


def test_an_echo_is_a_message_of_ours_and_answers_who_waits(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "hello"), text_message("m_2", "?", at=START + 1000)))
    assert Conversation.objects.get().unread_count == 2
    receive(page, messenger(page, echo("m_3", "555", "hi", START + 500)))
    conversation = Conversation.objects.get()
    assert (conversation.unread_count, conversation.waiting_since) == (1, NOON + timedelta(seconds=1))
    receive(page, messenger(page, echo("m_4", "555", "yes?", START + 2000)))
    conversation = Conversation.objects.get()
    assert (conversation.unread_count, conversation.waiting_since, conversation.message_count) == (0, None, 4)
    assert list(Message.objects.in_order().values_list("direction", flat=True)) == ["in", "out", "in", "out"]
    assert Customer.objects.count() == 1


def test_what_a_colleague_has_read_stays_read_when_an_old_answer_comes_late(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "hello", at=START + 5000)))
    Conversation.objects.update(seen_at=NOON + timedelta(seconds=5), unread_count=0)
    receive(page, messenger(page, echo("m_0", "555", "earlier", START + 1000)))
    conversation = Conversation.objects.get()
    assert (conversation.unread_count, conversation.waiting_since) == (0, NOON + timedelta(seconds=5))


def test_a_message_after_closing_opens_a_new_conversation(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "hello")))
    close_conversation(conversation_id=Conversation.objects.get().pk)
    receive(page, messenger(page, text_message("m_2", "again", at=START + 1000)))
    assert list(Conversation.objects.order_by("id").values_list("status", "message_count")) == [
        ("closed", 1),
        ("open", 1),
    ]
    receive(page, messenger(page, text_message("m_1", "hello"), time=9))  # seen before: opens nothing
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("absurd", [0, -1, 9_999_999_999_999, "abc", None, 10**18, True, START * 10])
def test_an_absurd_time_is_replaced_by_ours(page: Channel, absurd: Any) -> None:
    receive(page, messenger(page, text_message("m_1", "when?", at=absurd)))
    message = Message.objects.get()
    assert message.at == message.received_at
    assert abs(timezone.now() - message.at) < timedelta(minutes=1)


def test_seconds_where_milliseconds_are_usual(page: Channel) -> None:
    receive(page, messenger(page, text_message("m_1", "when?", at=START // 1000)))
    assert Message.objects.get().at == NOON


# --- statuses, edits, unsends, reactions: before and after their message ---

DELIVERED = {
    "sender": {"id": "555"},
    "recipient": {"id": "100"},
    "timestamp": START + 9000,
    "delivery": {"mids": ["m_1"]},
}
READ = {
    "sender": {"id": "555"},
    "recipient": {"id": "100"},
    "timestamp": START + 9000,
    "read": {"watermark": START + 5000},
}


@pytest.mark.parametrize("early", [True, False])
def test_a_receipt_raises_the_status_whichever_comes_first(page: Channel, early: bool) -> None:
    said, read = messenger(page, echo("m_1", "555", "hi", START)), messenger(page, READ)
    receive(page, *((read, said) if early else (said, read)))
    assert Message.objects.get().status == MessageStatus.READ
    receive(page, messenger(page, DELIVERED))
    assert Message.objects.get().status == MessageStatus.READ


def test_a_receipt_does_not_reach_what_was_said_later(page: Channel) -> None:
    receive(page, messenger(page, echo("m_late", "555", "later", START + 6000)), messenger(page, READ))
    assert Message.objects.get().status == MessageStatus.SENT


@pytest.mark.parametrize("early", [True, False])
def test_an_unsent_message_loses_text_and_media(page: Channel, early: bool) -> None:
    picture = [{"type": "image", "payload": {"url": "https://cdn.example.com/1.jpg"}}]
    said = messenger(page, text_message("m_1", "secret words", attachments=picture))
    edited = messenger(
        page, {**DELIVERED, "delivery": None, "message_edit": {"mid": "m_1", "text": "secret again", "num_edit": 1}}
    )
    unsent = text_message("m_1", "")
    unsent["message"] = {"mid": "m_1", "is_deleted": True}
    order = (messenger(page, unsent), edited, said) if early else (said, edited, messenger(page, unsent))
    receive(page, *order)
    message = Message.objects.get()
    assert message.text == ""
    assert message.deleted_at is not None
    assert not Attachment.objects.exists()
    assert not MessageEvent.objects.exclude(text="").exists()


def test_the_newest_edit_stands(page: Channel) -> None:
    def edit(count: int) -> dict[str, Any]:
        edited = {"mid": "m_1", "text": f"version {count}", "num_edit": count}
        return messenger(
            page, {"sender": {"id": "555"}, "recipient": {"id": "100"}, "timestamp": START, "message_edit": edited}
        )

    receive(page, edit(2), messenger(page, text_message("m_1", "version 0")), edit(1))
    message = Message.objects.get()
    assert message.text == "version 2"
    assert message.edited_at is not None


def test_an_edit_may_replace_the_picture() -> None:
    bot = make_channel("telegram", external_id="")
    person, chat = {"id": 9, "is_bot": False, "first_name": "Ana"}, {"id": 9, "type": "private"}

    def photo(number: int, caption: str, **more: Any) -> dict[str, Any]:
        sizes = [{"file_id": f"file{number}", "file_unique_id": f"u{number}", "width": 90, "height": 90}]
        message = {
            "message_id": 4,
            "from": person,
            "chat": chat,
            "date": START // 1000,
            "photo": sizes,
            "caption": caption,
        }
        return message | more

    edited = photo(2, "the blue one", edit_date=START // 1000 + 5)
    receive(bot, {"update_id": 2, "edited_message": edited}, {"update_id": 1, "message": photo(1, "the red one")})
    assert Message.objects.get().text == "the blue one"
    assert Attachment.objects.get().external_id == "file2"
    words = {
        "message_id": 4,
        "from": person,
        "chat": chat,
        "date": START // 1000,
        "edit_date": START // 1000 + 9,
        "text": "none",
    }
    receive(bot, {"update_id": 3, "edited_message": words})
    assert (Message.objects.get().text, Attachment.objects.count()) == ("none", 0)


def test_reactions_are_one_a_person_and_can_be_taken_back(page: Channel) -> None:
    def react(psid: str, action: str, emoji: str, at: int) -> dict[str, Any]:
        reaction = {"mid": "m_1", "action": action, "emoji": emoji}
        return messenger(
            page, {"sender": {"id": psid}, "recipient": {"id": "100"}, "timestamp": at, "reaction": reaction}
        )

    receive(page, messenger(page, echo("m_1", "555", "hi", START)))
    receive(page, react("555", "react", "❤", START + 2), react("555", "react", "👍", START + 1))
    assert list((Message.objects.get().reactions or {}).values()) == ["❤"]
    receive(page, react("555", "unreact", "", START + 3))
    assert not Message.objects.get().reactions


def test_a_failed_status_keeps_its_codes_and_a_late_sent_lowers_nothing() -> None:
    channel = make_channel("whatsapp", external_id="200")

    def status(word: str, **more: Any) -> dict[str, Any]:
        return whatsapp(
            channel,
            statuses=[{"id": "wamid.1", "status": word, "timestamp": "1767225600", "recipient_id": "201", **more}],
        )

    echoed = {
        "from": "200",
        "to": "201",
        "id": "wamid.1",
        "timestamp": "1767225600",
        "type": "text",
        "text": {"body": "hi"},
    }
    sent = whatsapp(channel, message_echoes=[echoed])
    sent["entry"][0]["changes"][0]["field"] = "smb_message_echoes"
    receive(
        channel, status("failed", errors=[{"code": 131047, "title": "Re-engagement message"}]), sent, status("sent")
    )
    message = Message.objects.get()
    assert (message.status, message.error) == (MessageStatus.FAILED, "131047")


# --- comments ---


def test_a_comment_joins_the_conversation_with_its_post_but_opens_no_window(page: Channel) -> None:
    receive(page, comment(page, "100_9_1", "777", message="how much?"))
    message = Message.objects.get()
    assert (message.source, message.type, message.comment_id) == ("comment", "comment", "100_9_1")
    assert message.post == Post.objects.get(external_id="100_9")
    assert message.conversation.identity.last_inbound_at is None
    assert message.conversation.last_inbound_at is None
    assert (message.conversation.unread_count, message.conversation.identity.customer.name) == (1, "Ana")


@pytest.mark.parametrize("early", [True, False])
def test_our_answer_under_a_comment_attaches_through_its_parent(page: Channel, early: bool) -> None:
    theirs = comment(page, "100_9_1", "777", message="how much?")
    ours = comment(page, "100_9_2", "100", message="10 pounds", parent_id="100_9_1", created_time=START // 1000 + 60)
    receive(page, *((ours, theirs) if early else (theirs, ours)))
    answer = Message.objects.get(direction="out")
    assert (answer.text, answer.conversation) == ("10 pounds", Message.objects.get(direction="in").conversation)
    assert answer.conversation.waiting_since is None
    assert (answer.conversation.message_count, Customer.objects.count()) == (2, 1)


def test_edited_hidden_and_removed_comments(page: Channel) -> None:
    receive(
        page,
        comment(page, "100_9_1", "777", verb="edited", message="how much, please?"),
        comment(page, "100_9_1", "777", message="how much?"),
        comment(page, "100_9_1", "777", verb="hide"),
    )
    message = Message.objects.get()
    assert (message.text, message.hidden) == ("how much, please?", True)
    receive(page, comment(page, "100_9_1", "777", verb="remove"))
    assert Message.objects.get().text == ""


def test_what_happened_last_to_a_comment_stands_though_all_name_the_time_it_was_written(page: Channel) -> None:
    later = START // 1000 + 60
    edits = [comment(page, "100_9_1", "777", later + n, verb="edited", message=f"version {n}") for n in range(6)]
    hidings = [comment(page, "100_9_1", "777", later + n, verb=("hide", "unhide")[n % 2]) for n in range(6)]
    receive(page, *reversed(edits), *reversed(hidings), comment(page, "100_9_1", "777", message="version -"))
    message = Message.objects.get()
    assert (message.text, message.hidden, message.at) == ("version 5", False, NOON)


# --- where they came from ---


def test_an_ad_is_made_on_first_sight_and_linked(page: Channel) -> None:
    told = {"ad_title": "Summer sale", "photo_url": "https://cdn.example.com/ad.jpg", "post_id": "100_5"}
    referral = {"ref": "summer", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "6001", "ads_context_data": told}
    receive(page, messenger(page, text_message("m_0", "from the ad", referral={**referral, "ads_context_data": {}})))
    assert AdCampaign.objects.get().title == ""
    receive(page, messenger(page, text_message("m_1", "from the ad", referral=referral)))
    message, ad = Message.objects.get(external_id="m_1"), AdCampaign.objects.get()
    assert (message.ad, message.source, message.referral) == (ad, "ad", referral)
    assert (ad.ad_id, ad.title, ad.post) == ("6001", "Summer sale", Post.objects.get(external_id="100_5"))
    assert message.post == ad.post


def test_a_click_to_whatsapp_ad() -> None:
    channel = make_channel("whatsapp", external_id="200")
    referral = {
        "source_type": "ad",
        "source_id": "7001",
        "source_url": "https://fb.me/x",
        "headline": "Shoes",
        "ctwa_clid": "c1",
    }
    text = whatsapp_text("wamid.1", {"from": "201001234567"}) | {"referral": referral}
    receive(channel, whatsapp(channel, messages=[text]))
    message = Message.objects.get()
    assert (message.source, message.referral) == ("ad", referral)
    assert AdCampaign.objects.get().ad_id == "7001"
    assert message.ad is not None
    assert message.ad.title == "Shoes"


def test_a_referral_alone_is_kept_and_asks_for_no_answer(page: Channel) -> None:
    referral = {"ref": "poster", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    came = {"sender": {"id": "555"}, "recipient": {"id": "100"}, "timestamp": START, "referral": referral}
    receive(page, messenger(page, came), messenger(page, came, time=8))
    message = Message.objects.get()
    assert (message.type, message.source, message.referral) == ("referral", "referral", referral)
    assert (message.conversation.unread_count, message.conversation.waiting_since) == (0, None)
    assert message.conversation.identity.last_inbound_at is None


def test_a_lead_form_makes_a_placeholder(page: Channel) -> None:
    value = {"leadgen_id": 444, "form_id": 555, "ad_id": 666, "page_id": 100, "created_time": START // 1000}
    receive(
        page, {"object": "page", "entry": [{"id": "100", "time": 1, "changes": [{"field": "leadgen", "value": value}]}]}
    )
    message = Message.objects.get()
    assert (message.source, message.type, message.external_id) == ("lead_form", "lead_form", "444")
    assert message.conversation.identity.is_placeholder
    assert message.ad == AdCampaign.objects.get(ad_id="666")


# --- identity ---


def people() -> int:
    assert Identity.objects.count() == Customer.objects.filter(merged_into=None).count()
    return Identity.objects.count()


@pytest.mark.parametrize("phone_first", [True, False])
def test_phone_and_user_id_seen_apart_and_then_together_are_one_person(phone_first: bool) -> None:
    channel = make_channel("whatsapp", external_id="200")
    by_phone, by_user = {"from": "201001234567"}, {"from_user_id": "EG.77"}
    both = {**by_phone, **by_user}
    apart = [whatsapp_text("wamid.1", by_phone), whatsapp_text("wamid.2", by_user, at=START // 1000 + 1)]
    for text in apart if phone_first else reversed(apart):
        receive(channel, whatsapp(channel, messages=[text]))
    assert people() == 2
    receive(channel, whatsapp(channel, messages=[whatsapp_text("wamid.3", both, at=START // 1000 + 2)]))
    assert people() == 1
    conversation = Conversation.objects.open().get()
    assert (conversation.message_count, conversation.unread_count, conversation.messages.count()) == (3, 3, 3)
    assert IdentityKey.objects.count() == 2
    assert Customer.objects.get(merged_into=None).phone == "+201001234567"


@pytest.mark.parametrize("phone_first", [True, False])
def test_a_second_key_joins_the_known_identity(phone_first: bool) -> None:
    channel = make_channel("whatsapp", external_id="200")
    known = {"from": "201001234567"} if phone_first else {"from_user_id": "EG.77"}
    receive(channel, whatsapp(channel, messages=[whatsapp_text("wamid.1", known)]))
    both = {"from": "201001234567", "from_user_id": "EG.77"}
    receive(channel, whatsapp(channel, messages=[whatsapp_text("wamid.2", both)]))
    assert people() == 1
    assert set(IdentityKey.objects.values_list("kind", flat=True)) == {"phone", "user_id"}
    assert Customer.objects.matching("01001234567").get().phone == "+201001234567"


@pytest.mark.parametrize(
    ("one", "other"),
    [("5511987654321", "551187654321"), ("5491123456789", "541123456789"), ("5215512345678", "525512345678")],
)
def test_two_spellings_of_a_number_are_one_person(one: str, other: str) -> None:
    channel = make_channel("whatsapp", external_id="200")
    for number, phone in enumerate((one, other)):
        receive(channel, whatsapp(channel, messages=[whatsapp_text(f"wamid.{number}", {"from": phone})]))
    assert people() == 1


def test_a_changed_number_relinks() -> None:
    channel = make_channel("whatsapp", external_id="200")
    receive(channel, whatsapp(channel, messages=[whatsapp_text("wamid.1", {"from": "201001234567"})]))
    changed = {"body": "changed", "wa_id": "201009999999", "type": "user_changed_number"}
    system = {"from": "201001234567", "id": "wamid.2", "timestamp": "1767225601", "type": "system", "system": changed}
    receive(channel, whatsapp(channel, messages=[system]))
    receive(channel, whatsapp(channel, messages=[whatsapp_text("wamid.3", {"from": "201009999999"})]))
    assert people() == 1
    assert Conversation.objects.get().message_count == 2


def test_a_name_follows_the_newest_profile_until_a_person_sets_it() -> None:
    channel = make_channel("whatsapp", external_id="200")

    def named(wamid: str, name: str, at: int) -> dict[str, Any]:
        contact = {"wa_id": "201001234567", "profile": {"name": name}}
        return whatsapp(channel, contacts=[contact], messages=[whatsapp_text(wamid, {"from": "201001234567"}, at=at)])

    receive(channel, named("wamid.2", "Mona Adel", START // 1000 + 60), named("wamid.1", "Mona", START // 1000))
    customer = Customer.objects.get()
    assert customer.name == "Mona Adel"
    customer.name, customer.name_at = "Mona (shop in Giza)", None
    customer.save()
    receive(channel, named("wamid.3", "M.", START // 1000 + 120))
    assert Customer.objects.get().name == "Mona (shop in Giza)"
    assert Identity.objects.get().name == "M."


def test_the_same_person_on_two_channels_is_two_identities() -> None:
    one, other = make_channel("messenger", external_id="100"), make_channel("messenger", external_id="101")
    receive(one, messenger(one, text_message("m_1", "a", psid="5")))
    receive(other, messenger(other, text_message("m_1", "a", psid="5")))
    assert (Message.objects.count(), people()) == (2, 2)


# --- consent ---


def test_stop_and_start_are_kept_with_their_evidence(page: Channel) -> None:
    receive(
        page,
        messenger(page, text_message("m_2", " START ", at=START + 2000)),
        messenger(page, text_message("m_1", "Stop")),
    )
    assert not Identity.objects.get().opted_out
    assert list(Consent.objects.order_by("at").values_list("granted", "source")) == [
        (False, "message"),
        (True, "message"),
    ]
    receive(page, messenger(page, text_message("m_3", "STOP", at=START + 3000)))
    assert Identity.objects.get().opted_out


def test_blocking_the_bot_is_an_opt_out() -> None:
    bot = make_channel("telegram", external_id="")
    person = {"id": 9, "is_bot": False, "first_name": "Ana"}
    change = {"chat": {"id": 9, "type": "private"}, "from": person, "date": START // 1000,
              "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked", "until_date": 0}}  # fmt: skip
    receive(bot, {"update_id": 1, "my_chat_member": change})
    assert Identity.objects.get().opted_out
    assert Consent.objects.get().source == "platform"


# --- routing ---


def test_each_event_goes_to_the_channel_of_its_account(page: Channel) -> None:
    other = make_channel("messenger", external_id="101")
    both = messenger(page, text_message("m_1", "to 100"))
    both["entry"] += messenger(other, text_message("m_2", "to 101"))["entry"]
    receive(page, both)
    assert set(Message.objects.values_list("text", "channel__external_id")) == {("to 100", "100"), ("to 101", "101")}


def test_an_unknown_account_is_parked_and_can_be_replayed(page: Channel) -> None:
    both = messenger(page, text_message("m_1", "known"))
    both["entry"].append({"id": "404", "time": 1, "messaging": [text_message("m_2", "unknown")]})
    receive(page, both)
    assert list(Message.objects.values_list("text", flat=True)) == ["known"]
    assert WebhookDelivery.objects.get().error == "No channel for account 404"
    make_channel("messenger", external_id="404")
    WebhookDelivery.objects.failed().replay()
    drain()
    assert sorted(Message.objects.values_list("text", flat=True)) == ["known", "unknown"]
    assert WebhookDelivery.objects.get().status == "processed"


def test_an_account_under_another_secret_is_not_ours_to_write_to(page: Channel) -> None:
    make_channel("messenger", external_id="101", credentials={"app_secret": ["another-app"]})
    entry = {"id": "101", "time": 1, "messaging": [text_message("m_1", "planted")]}
    receive(page, {"object": "page", "entry": [entry]})
    assert not Message.objects.exists()
    assert WebhookDelivery.objects.get().status == "failed"


def test_groups_are_read_and_ignored() -> None:
    bot = make_channel("telegram", external_id="")
    sender = {"id": 9, "is_bot": False, "first_name": "Ana"}
    message = {
        "message_id": 1,
        "from": sender,
        "chat": {"id": -5, "type": "group", "title": "x"},
        "date": START // 1000,
        "text": "hi",
    }
    receive(bot, {"update_id": 1, "message": message})
    assert WebhookDelivery.objects.get().status == "ignored"
    assert not Customer.objects.exists()


# --- quarantine ---


def test_one_broken_delivery_is_set_aside_and_its_neighbours_go_through(page: Channel) -> None:
    for number in range(100):
        text = text_message(f"m_{number}", f"words {number}", psid=str(number))
        body = orjson.dumps(messenger(page, text))
        assert post(page, body[:-9] if number == 37 else body).status_code == 200
    drain()
    assert Message.objects.count() == 99
    (broken,) = WebhookDelivery.objects.exclude(status="processed")
    assert (broken.status, broken.error[:16]) == ("failed", "not JSON at byte")


def test_a_delivery_that_the_database_refuses_is_retried_and_then_set_aside_alone(page: Channel) -> None:
    """A name too long for its column stands in for whatever nobody thought of."""
    receive(page, messenger(page, text_message("m_0", "before", psid="1")))
    identity = Identity.objects.get()
    Conversation.objects.filter(identity=identity).update(message_count=2_147_483_647)  # the next message overflows it
    for number in range(3):
        assert post(page, messenger(page, text_message(f"m_1{number}", "x", psid=str(number)))).status_code == 200
    drain()
    (waiting,) = WebhookDelivery.objects.pending()
    assert (waiting.attempts, Message.objects.count()) == (1, 3)
    assert waiting.error.startswith("NumericValueOutOfRange [SQLSTATE 22003]")
    for _ in range(5):
        WebhookDelivery.objects.pending().update(next_attempt_at=timezone.now())
        drain()
    assert WebhookDelivery.objects.get(pk=waiting.pk).status == "failed"
    Conversation.objects.update(message_count=1)
    WebhookDelivery.objects.failed().replay()
    drain()
    assert Message.objects.count() == 4


def test_a_customer_added_by_hand_is_found_by_phone(page: Channel) -> None:
    customer = make_customer(name="Ana", phone="+55 11 98765-4321")
    assert list(Customer.objects.matching("551187654321")) == [customer]
