"""WhatsApp Cloud API: what fixtures cannot say, and the contract of all adapters."""

from typing import Any

import orjson
import pytest

from messaging.channels import Received, whatsapp
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
    StatusUpdate,
)
from messaging.channels.whatsapp_ids import is_phone, shared_phone, whatsapp_keys
from messaging.tests.adapter_contract import MetaAdapterContract
from messaging.tests.payload_files import PAYLOADS

NUMBER, ANA, MONA = "310000000000021", "201005550142", "SA.88120040017734"


def webhook(value: dict[str, Any], field: str = "messages") -> bytes:
    value = {"metadata": {"phone_number_id": NUMBER}} | value
    change = {"field": field, "value": value}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": "62", "changes": [change]}]})


def said(words: str = "Marhaba", **message: Any) -> dict[str, Any]:
    return {"from": ANA, "id": "wamid.1", "timestamp": "1775037600", "type": "text", "text": {"body": words}, **message}


def read(body: bytes) -> list[Event]:
    return whatsapp.parse(Received(body=body))


def fixture(name: str) -> Event:
    (event,) = read((PAYLOADS / "whatsapp" / f"{name}.json").read_bytes())
    return event


class TestContract(MetaAdapterContract):
    platform = "whatsapp"
    body = webhook({"messages": [said()]})
    unknown = webhook({"novelty": [{"x": 1}]}, field="novelty")
    batch = webhook(
        {
            "messages": [said(), said()],
            "message_echoes": [{"to": ANA, "id": "wamid.2", "type": "text", "text": {"body": "Ahlan"}}],
            "statuses": [{"id": "wamid.2", "status": "read"}, {"id": "wamid.2", "status": "sent"}],
        }
    )
    batch_ids = ("wamid.1", "wamid.1", "wamid.2", "wamid.2", "wamid.2")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("text", (("phone", ANA),)),
        ("phone_and_user_id", (("phone", ANA), ("user_id", "EG.70351204460098"))),
        ("user_id_without_phone", (("user_id", MONA), ("user_id", "SA.ENT.4400120000"))),
        ("user_id_in_contacts_only", (("user_id", MONA),)),
        ("user_id_in_place_of_phone", (("user_id", MONA),)),
        ("phone_in_two_spellings", (("phone", "5511955550188"), ("phone", "551155550188"))),
        ("own_contact_on_request", (("user_id", MONA), ("phone", "+966505550177"))),
        ("contact_of_another", (("phone", ANA),)),
        ("user_id_changed", (("user_id", MONA), ("user_id", "SA.ENT.4400120000"))),
        ("echo_from_phone_app", (("phone", ANA), ("user_id", "EG.70351204460098"))),
        ("status_in_group", (("phone", ANA),)),
        ("status_of_group", ()),
        ("nobody_named", ()),
    ],
)
def test_a_person_is_known_by_every_id_the_event_proves(name: str, keys: tuple[tuple[str, str], ...]) -> None:
    assert fixture(name).contact.keys == keys


def test_the_only_profile_is_not_taken_for_everybody_in_a_batch() -> None:
    profile = {"wa_id": "5511", "user_id": MONA, "profile": {"name": "Mona Adel"}}
    first, second = read(webhook({"contacts": [profile], "messages": [said(), said(**{"from": "5511"})]}))
    assert first.contact.keys == (("phone", ANA),)
    assert first.contact.name == ""
    assert second.contact.keys == (("phone", "5511"), ("user_id", MONA))


def test_a_new_number_replaces_the_old_one_and_its_user_id() -> None:
    change = fixture("number_changed")
    assert isinstance(change, IdentityChange)
    assert change.contact.keys == (("phone", ANA), ("user_id", "EG.70351204460098"))
    assert change.new_keys == (("phone", "201115550143"), ("user_id", "EG.70351204460777"))


def test_every_former_id_that_a_system_message_names_is_one_of_the_person() -> None:
    system = {"type": "user_changed_number", "wa_id": "2019", "customer": "2011"}
    ids = {"from": "2010", "from_user_id": "EG.1", "from_parent_user_id": "EG.ENT.1"}
    (change,) = read(webhook({"messages": [{"type": "system", "system": system, **ids}]}))
    assert change.contact.keys == (("phone", "2010"), ("phone", "2011"), ("user_id", "EG.1"), ("user_id", "EG.ENT.1"))


def test_a_user_id_update_keeps_the_phone_and_replaces_the_ids() -> None:
    change = fixture("user_id_update")
    assert isinstance(change, IdentityChange)
    assert change.contact.keys == (("phone", ANA), ("user_id", "EG.70351204460001"), ("user_id", "EG.ENT.1"))
    assert change.new_keys == (("phone", ANA), ("user_id", "EG.70351204460098"), ("user_id", "EG.ENT.2"))


def test_a_profile_name_cannot_claim_the_user_id_of_another() -> None:
    change = fixture("user_id_changed_named_in_words")
    assert change.contact.keys == (("user_id", MONA),)


@pytest.mark.parametrize("body", ["User A changed from SA.1 to SA.9", "User A changed from 2010 to SA.2", "SA.1", ""])
def test_words_that_do_not_name_the_new_id_name_no_old_one(body: str) -> None:
    system = {"type": "user_changed_user_id", "user_id": "SA.2", "body": body}
    (change,) = read(webhook({"messages": [{"id": "wamid.1", "type": "system", "system": system}]}))
    assert isinstance(change, IdentityChange)
    assert change.contact.keys == ()
    assert change.new_keys == (("user_id", "SA.2"),)


@pytest.mark.parametrize(("name", "opted_out"), [("marketing_stopped", True), ("marketing_resumed", False)])
def test_stopping_marketing_messages_is_a_change_of_consent(name: str, opted_out: bool) -> None:
    change = fixture(name)
    assert isinstance(change, ConsentChange)
    assert change.opted_out is opted_out
    assert change.extra == {"category": "marketing_messages"}


def test_the_referral_is_kept_as_received() -> None:
    message = fixture("text_from_ad")
    assert isinstance(message, InboundMessage)
    assert message.referral["welcome_message"] == {"text": "Hello, how can we help?"}
    assert "welcome_message" not in message.attribution
    assert "ad_id" not in message.attribution


@pytest.mark.parametrize(("name", "group"), [("group_message", True), ("text", False)])
def test_a_group_message_is_marked(name: str, group: bool) -> None:
    message = fixture(name)
    assert isinstance(message, InboundMessage)
    assert message.group is group


def test_an_edit_names_its_message_and_orders_by_time() -> None:
    edit = fixture("message_edited")
    assert isinstance(edit, Edit)
    assert (edit.message_id, edit.version, edit.attachments) == ("wamid.MIGO0001", 1775037660, None)


@pytest.mark.parametrize(
    ("name", "message_id"), [("message_revoked", "wamid.MIGO0001"), ("echo_revoked", "wamid.MIGO0070")]
)
def test_a_revocation_names_its_message(name: str, message_id: str) -> None:
    deletion = fixture(name)
    assert isinstance(deletion, Deletion)
    assert deletion.message_id == message_id


def test_a_reaction_from_the_phone_app_is_ours() -> None:
    reaction = fixture("echo_reaction")
    assert isinstance(reaction, Reaction)
    assert reaction.direction == "out"


def test_a_status_carries_what_we_sent_along() -> None:
    status = fixture("status_sent")
    assert isinstance(status, StatusUpdate)
    assert status.message_ids == ("wamid.MIGO0060",)
    assert status.extra["biz_opaque_callback_data"] == "message-812"


@pytest.mark.parametrize(
    ("ids", "keys"),
    [
        ({"recipient_user_id": "SA.1", "recipient_parent_user_id": "SA.ENT.1"}, ("SA.1", "SA.ENT.1")),
        ({"recipient_user_id": "SA.1", "parent_recipient_user_id": "SA.ENT.1"}, ("SA.1", "SA.ENT.1")),
        (
            {"recipient_participant_user_id": "SA.1", "recipient_participant_parent_user_id": "SA.ENT.1"},
            ("SA.1", "SA.ENT.1"),
        ),
        ({"recipient_type": "group", "recipient_id": "G1", "participant_recipient_id": "2010"}, ("2010",)),
    ],
)
def test_a_recipient_is_known_under_each_spelling(ids: dict[str, str], keys: tuple[str, ...]) -> None:
    (status,) = read(webhook({"statuses": [{"id": "wamid.1", "status": "read", **ids}]}))
    assert tuple(value for _, value in status.contact.keys) == keys


def test_an_echo_is_known_by_all_ids_of_its_recipient() -> None:
    echo = said(to="2010", to_user_id="SA.1", to_parent_user_id="SA.ENT.1")
    (event,) = read(webhook({"message_echoes": [echo]}, field="smb_message_echoes"))
    assert tuple(value for _, value in event.contact.keys) == ("2010", "SA.1", "SA.ENT.1")


def test_an_echo_to_a_group_is_marked() -> None:
    sent = {"to": "G1", "recipient_type": "group", "type": "text", "text": {"body": "Ahlan"}}
    standby = {"standby": {"message_echoes": [{"id": "wamid.1", "message": sent}]}}
    (event,) = read(webhook(standby, field="standby"))
    assert isinstance(event, Echo)
    assert event.group
    assert event.contact.keys == ()


def test_an_error_without_details_shows_its_title() -> None:
    (event,) = read(webhook({"errors": [{"code": 100, "title": "Invalid parameter"}]}))
    assert isinstance(event, Ignored)
    assert (event.text, event.errors) == ("Invalid parameter", ("100",))


def test_a_caller_is_known_by_all_ids() -> None:
    call = {"id": "wacid.1", "from": "2010", "from_user_id": "SA.1", "from_parent_user_id": "SA.ENT.1"}
    (event,) = read(webhook({"calls": [call]}, field="calls"))
    assert tuple(value for _, value in event.contact.keys) == ("2010", "SA.1", "SA.ENT.1")


def test_a_failed_payment_is_no_failed_message() -> None:
    assert isinstance(fixture("payment_status"), Ignored)


def test_a_status_without_a_word_is_ignored() -> None:
    (event,) = read(webhook({"statuses": [{"id": "wamid.1", "recipient_id": ANA}]}))
    assert isinstance(event, Ignored)


def test_what_another_app_answers_is_marked_as_standby() -> None:
    assert all(fixture(name).standby for name in ("standby_message", "standby_echo", "standby_status"))
    assert not fixture("text").standby


@pytest.mark.parametrize(
    ("value", "phone"),
    [("201005550142", True), ("+201005550142", True), ("", False), ("+", False), ("US.1", False), ("٢٠١٠", False)],
)
def test_a_phone_is_digits_with_or_without_plus(value: str, phone: bool) -> None:
    assert is_phone(value) is phone


@pytest.mark.parametrize(
    ("written", "digits"),
    [("+20 122 555 0199", "+201225550199"), ("(02) 2555-0100", "0225550100"), ("call me", ""), ("+", "")],
)
def test_a_shared_phone_is_read_as_digits(written: str, digits: str) -> None:
    assert shared_phone(written) == digits


def test_keys_are_told_apart_and_not_repeated() -> None:
    assert whatsapp_keys("2010", "", "US.1", "2010") == (("phone", "2010"), ("user_id", "US.1"))
