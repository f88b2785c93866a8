"""Twilio: what fixtures cannot say, and the contract of all adapters."""

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import pytest

from messaging.channels import BadSignature, MalformedPayload, Received, twilio
from messaging.channels.events import ConsentChange, Event, InboundMessage, StatusUpdate
from messaging.channels.twilio import MAX_FIELDS
from messaging.tests.adapter_contract import AdapterContract
from messaging.tests.payload_files import PAYLOADS

ANA, SHOP, TOKEN = "+201005550142", "+20225550100", "t0ken"
URL = "https://crm.example/webhooks/shop/?message=812"
SID = "SM000000000000000000000000000000f1"


def form(**fields: str) -> bytes:
    return urlencode({"MessageSid": SID, "From": ANA, "To": SHOP, "Body": "Marhaba", **fields}).encode()


def read(body: bytes, url: str = "") -> list[Event]:
    return twilio.parse(Received(body=body, url=url))


def message(**fields: str) -> InboundMessage:
    (event,) = read(form(**fields))
    assert isinstance(event, InboundMessage)
    return event


def fixture(name: str) -> Event:
    return read((PAYLOADS / "twilio" / f"{name}.form").read_bytes())[0]


def signature(text: str, algorithm: str = "sha1", token: str = TOKEN) -> str:
    """Sign as Twilio's page on security describes it, apart from the package that the adapter uses."""
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), getattr(hashlib, algorithm))).decode()


def verify(body: bytes, text: str, url: str = URL, **headers: str) -> None:
    """Verify a body whose signature was made over `text`."""
    signed = {"x-twilio-signature": signature(text)} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    twilio.verify(Received(body=body, url=url, headers=signed), {"auth_token": [TOKEN]})


class TestContract(AdapterContract):
    platform = "twilio"
    secret = "auth_token"
    signature_header = "x-twilio-signature"
    body = form()
    unknown = b"AccountSid=AC1&Novelty=x"
    malformed = (*AdapterContract.malformed, b"{}", b'{"MessageSid": "SM1"}', b"[1]", b"a=1&b=2", b"MessageSidX=1")


# Signatures


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b"b=2&a=1", "a1b2"),
        (b"a=1&b=", "a1b"),
        (b"a=+1+", "a 1 "),
        (b"a=%2B1", "a+1"),
        (b"d=5678&d=1234&d=1234", "d1234d5678"),
        ("a=مرحبا".encode(), "aمرحبا"),
        (b"", ""),
    ],
)
def test_every_field_is_signed_sorted_by_name_and_value(body: bytes, signed: str) -> None:
    verify(body, URL + signed)
    with pytest.raises(BadSignature):
        verify(body, URL + signed + "x")


@pytest.mark.parametrize("signed", ["a1b2", "b2a1", "a1", "a1b2c3"])
def test_a_signature_over_other_fields_is_refused(signed: str) -> None:
    with pytest.raises(BadSignature):
        verify(b"a=1&b=2&c=", URL + signed)


def test_the_public_url_is_signed_with_its_query() -> None:
    with pytest.raises(BadSignature):
        verify(b"a=1", URL.partition("?")[0] + "a1")
    with pytest.raises(BadSignature):
        verify(b"a=1", URL.replace("crm.example", "10.0.0.7:8000") + "a1")


@pytest.mark.parametrize("signed_url", [URL, URL.replace("crm.example", "crm.example:443")])
def test_the_standard_port_may_be_named_or_not(signed_url: str) -> None:
    verify(b"a=1", signed_url + "a1")
    with pytest.raises(BadSignature):
        verify(b"a=1", signed_url.replace("crm.example", "crm.example:8443").replace(":8443:443", ":8443") + "a1")


def test_a_json_body_is_proven_by_its_hash_in_the_signed_url() -> None:
    body = b'{"property": "value"}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    verify(body, url, url=url, content_type="application/json")
    with pytest.raises(BadSignature):
        verify(body + b" ", url, url=url, content_type="application/json")


@pytest.mark.parametrize("parameters", ["", "; charset=UTF-8"])
def test_a_form_is_never_proven_by_a_hash_alone(parameters: str) -> None:
    url = f"{URL}&bodySHA256={hashlib.sha256(b'a=1').hexdigest()}"
    with pytest.raises(BadSignature):
        verify(b"a=1", url, url=url, content_type=f"application/x-www-form-urlencoded{parameters}")


def test_a_json_body_without_a_hash_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(b'{"property": "value"}', URL, content_type="application/json")


def test_the_stronger_algorithm_is_accepted_and_an_unknown_one_refused() -> None:
    settings = "x-twilio-webhooks-signature-settings"
    headers = {"x-twilio-signature": signature(URL + "a1", "sha256"), settings: "key=k1,algorithm=HMAC_SHA256"}
    twilio.verify(Received(body=b"a=1", url=URL, headers=headers), {"auth_token": [TOKEN]})
    with pytest.raises(BadSignature):
        twilio.verify(
            Received(body=b"a=1", url=URL, headers=headers | {settings: "algorithm=NONE"}), {"auth_token": [TOKEN]}
        )


def test_a_flood_of_fields_is_refused_before_it_is_read() -> None:
    flood = b"&".join([b"a=1"] * (MAX_FIELDS + 1))
    with pytest.raises(BadSignature):
        verify(flood, URL + "a1")
    with pytest.raises(MalformedPayload):
        read(flood)
    verify(b"&".join([b"a=1"] * MAX_FIELDS), URL + "a1")


# Bodies


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("sms_text", (("phone", ANA),)),
        ("whatsapp_text", (("phone", ANA), ("user_id", "EG.70351204460098"))),
        ("whatsapp_without_phone", (("user_id", "SA.88120040017734"), ("user_id", "SA.ENT.4400120000"))),
        ("whatsapp_user_id_of_no_known_form", (("phone", ANA),)),
        ("whatsapp_phone_in_two_spellings", (("phone", "+5511955550188"), ("phone", "551155550188"))),
        ("messenger_text", (("psid", "7340000000000011"),)),
        ("plus_left_unescaped", (("phone", ANA),)),
        ("status_sent_on_whatsapp", (("phone", ANA), ("user_id", "EG.70351204460098"))),
        ("status_bare", ()),
    ],
)
def test_a_person_is_known_by_every_id_that_comes_with_the_address(
    name: str, keys: tuple[tuple[str, str], ...]
) -> None:
    assert fixture(name).contact.keys == keys


@pytest.mark.parametrize(
    ("address", "said", "opt_out"),
    [
        (ANA, "STOP", True),
        (ANA, " stop ", True),
        *((ANA, word, True) for word in ("Quit", "Stopall", "Unsubscribe", "Revoke", "Optout", "Cancel", "End")),
        *((ANA, word, False) for word in ("yes", "Unstop", "Start")),
        (ANA, "stop it", None),
        (ANA, "", None),
        (f"whatsapp:{ANA}", "Stop", True),
        *((f"whatsapp:{ANA}", word, True) for word in ("Stopall", "unsubscribe", "optout")),
        *((f"whatsapp:{ANA}", word, False) for word in ("start", "unstop")),
        (f"whatsapp:{ANA}", "cancel", None),
        (f"whatsapp:{ANA}", "yes", None),
        (f"whatsapp:{ANA}", "end", None),
    ],
)
def test_a_message_of_one_keyword_opts_out_or_in(address: str, said: str, opt_out: bool | None) -> None:
    assert message(From=address, Body=said).opt_out is opt_out


@pytest.mark.parametrize(("word", "opt_out"), [("STOP", True), ("stop", True), ("START", False), ("HELP", None)])
def test_the_word_of_twilio_decides_over_that_of_the_person(word: str, opt_out: bool | None) -> None:
    assert message(OptOutType=word, Body="STOP").opt_out is opt_out


def test_the_referral_is_kept_under_twilios_names() -> None:
    event = fixture("text_from_ad")
    assert isinstance(event, InboundMessage)
    assert event.referral["ReferralMediaId"] == "5500000000000099"
    assert "media_id" not in event.attribution


def test_a_message_from_no_ad_has_no_referral() -> None:
    assert message(ReferralNumMedia="0", ReferralMediaId="5").referral == {}


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        ("2026-04-01T10:00:00Z", "2026-04-01T10:00:00+00:00"),
        ("2026-04-01T12:00:00+02:00", "2026-04-01T10:00:00+00:00"),
        ("2026-04-01T10:00:00", "2026-04-01T10:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_timestamp_is_read_where_it_is_plausible(timestamp: str, moment: str | None) -> None:
    ts = message(Timestamp=timestamp).ts
    assert (ts.isoformat() if ts else None) == moment


def test_more_media_than_ten_are_read_in_order() -> None:
    urls = {f"MediaUrl{at}": f"https://media.example/{at}" for at in range(12)}
    assert [item.url for item in message(**urls).attachments] == list(urls.values())


def test_a_location_needs_both_coordinates() -> None:
    assert message(Latitude="30.1").attachments == ()


def test_a_status_brings_back_what_its_url_carries() -> None:
    (status,) = read(form(MessageStatus="sent"), URL + "&x=%00")
    assert isinstance(status, StatusUpdate)
    assert status.extra["query"] == {"message": "812", "x": "�"}
    assert status.message_ids == (SID,)


def test_a_send_that_failed_because_they_opted_out_is_a_change_of_consent() -> None:
    status, consent = read((PAYLOADS / "twilio" / "status_failed_opted_out.form").read_bytes())
    assert isinstance(status, StatusUpdate)
    assert status.errors == ("21610",)
    assert isinstance(consent, ConsentChange)
    assert consent.opted_out
    assert consent.contact.keys == (("phone", ANA),)
