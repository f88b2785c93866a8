"""Lead forms: from the id that comes in to who filled the form in."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import AdCampaign
from crm.contact_details import email_key, phone_key
from crm.duplicates import suggestions
from crm.models import Channel, Customer, Identity
from crm.tests.factories import make_channel, make_customer
from messaging.lead_forms.asking import Answers
from messaging.lead_forms.drain import TRIES_IF_NOT_FOUND, LeadFormDrain
from messaging.lead_forms.reading import governorate_of, person_of, text_of_answers
from messaging.models import LeadFormAnswer, Message
from messaging.tests.http_server import Asked, Server, serving
from messaging.tests.webhooks import receive

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "660200000000001"
PATH = f"/v26.0/{FORM}"
FIELDS = {
    "full_name": "منى السيد",
    "phone_number": "+201001234567",
    "email": "mona@example.com",
    "city": "Alexandria",
    "ما_المقاس؟": "L",
}
SECRETS = {"app_secret": ["app-secret"], "verify_token": ["v"], "access_token": ["page-token", "older"]}


def told(fields: dict[str, Any] = FIELDS, **more: Any) -> tuple[int, Any]:
    """What the platform answers about a form."""
    data = [{"name": name, "values": [value]} for name, value in fields.items()]
    return 200, {"id": FORM, "form_id": "77", "field_data": data, **more}


def refused(code: int, status: int = 400, **more: Any) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": "No", **more}}


@pytest.fixture
def graph(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.GRAPH_API_URL = server.url
        yield server


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", external_id="100", credentials=SECRETS)


def fill_in(page: Channel, leadgen_id: str = FORM, **value: Any) -> Message:
    """Let the platform tell of a filled-in form."""
    value = {"form_id": "77", "leadgen_id": leadgen_id, "page_id": "100", "created_time": 1_775_037_600, **value}
    entry = {"id": "100", "time": 1_775_037_602, "changes": [{"field": "leadgen", "value": value}]}
    receive(page, {"object": "page", "entry": [entry]})
    return Message.objects.get(external_id=leadgen_id)


def fetch() -> LeadFormAnswer:
    drain = LeadFormDrain()
    while drain.run_batch():
        pass
    drain.finish()
    return LeadFormAnswer.objects.get()


def try_now() -> LeadFormAnswer:
    """Let the next attempt be due."""
    LeadFormAnswer.objects.update(next_attempt_at=timezone.now())
    return fetch()


def test_a_form_becomes_a_person_with_name_number_address_and_place(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    message = fill_in(page)
    assert Identity.objects.get().is_placeholder
    form = fetch()
    assert (form.reason, form.finished_at is None, form.form_id) == ("", False, "77")
    assert [asked.headers["authorization"] for asked in graph.asked] == ["Bearer page-token"]
    customer = Customer.objects.get()
    assert (customer.name, customer.phone, customer.email) == ("منى السيد", "+201001234567", "mona@example.com")
    assert bytes(customer.phone_key or b"") == phone_key("01001234567")
    assert bytes(customer.email_key or b"") == email_key("mona@example.com")
    assert (customer.governorate, customer.city) == ("EG-ALX", "")
    assert customer.read_from["governorate"]["message"] == message.pk
    identity = Identity.objects.get()
    assert (identity.is_placeholder, identity.name) == (False, "منى السيد")


def test_the_message_has_the_answers_in_lines_without_number_and_address(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    message = fill_in(page)
    form = fetch()
    message.refresh_from_db()
    assert message.text.splitlines() == [
        "Full name: منى السيد",
        "Phone number: …4567",
        "Email: m…@example.com",
        "City: Alexandria",
        "ما المقاس؟: L",
    ]
    assert ("Phone number", "+201001234567") in form.lines


def test_the_answers_are_encrypted(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    fetch()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM messaging_leadformanswer")
        stored = bytes(cursor.fetchone()[0])
    assert b"mona" not in stored
    assert b"1001234567" not in stored


def test_the_message_is_to_be_read_anew(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    Message.objects.update(triaged_at=timezone.now())
    fetch()
    assert Message.objects.untriaged().count() == 1


def test_a_known_number_suggests_that_they_are_one_person(graph: Server, page: Channel) -> None:
    known = make_customer(name="Mona", phone="01001234567")
    graph.answers[PATH] = told()
    fill_in(page)
    fetch()
    [found] = suggestions()
    assert (found.first_id, found.reason) == (known.pk, "phone")


def test_what_a_colleague_said_stays(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    customer = Customer.objects.get()
    customer.name, customer.name_at = "Mrs. El Sayed", None
    customer.governorate, customer.read_from = "EG-C", {"governorate": {"by": 1}}
    customer.set_phone("01112223334")
    customer.save()
    fetch()
    customer.refresh_from_db()
    assert (customer.name, customer.governorate, customer.phone) == ("Mrs. El Sayed", "EG-C", "01112223334")
    assert customer.email == "mona@example.com"


def test_the_ad_is_named(graph: Server, page: Channel) -> None:
    names: dict[str, Any] = {
        "ad_name": "Summer",
        "adset_id": "5",
        "adset_name": "Women",
        "campaign_id": "6",
        "campaign_name": "2026",
    }
    graph.answers[PATH] = told(is_organic=False, ad_id="1202", **names)
    fill_in(page, ad_id=1202)
    fetch()
    ad = AdCampaign.objects.get()
    assert (ad.ad_id, ad.title, ad.ad_set_name, ad.campaign_id, ad.campaign_name) == (
        "1202",
        "Summer",
        "Women",
        "6",
        "2026",
    )
    assert Message.objects.get().ad == ad


def test_an_organic_form_has_no_ad(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told(is_organic=True, ad_id="0")
    fill_in(page)
    fetch()
    assert not AdCampaign.objects.exists()


def test_a_token_that_may_not_read_ads_still_gets_the_answers(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = [refused(200, 403), told()]
    fill_in(page)
    assert fetch().finished_at
    assert ["ad_name" in asked.query["fields"] for asked in graph.asked] == [True, False]
    assert Customer.objects.get().name == "منى السيد"


@pytest.mark.parametrize("leadgen_id", ["444444444444", "444444444444444"])
def test_the_dashboards_test_is_asked_about_never(graph: Server, page: Channel, leadgen_id: str) -> None:
    fill_in(page, leadgen_id)
    form = fetch()
    assert (form.code, form.finished_at is None) == ("test", False)
    assert "test tool" in form.reason_text
    assert graph.asked == []


def test_a_form_that_is_not_there_is_given_up_after_a_few_times(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = refused(100, error_subcode=33)
    fill_in(page)
    for _attempt in range(TRIES_IF_NOT_FOUND - 1):
        assert try_now().finished_at is None
    form = try_now()
    assert (form.reason, form.code, form.attempts) == ("content", "100/33", TRIES_IF_NOT_FOUND)
    assert form.finished_at
    asked = len(graph.asked)
    try_now()
    assert len(graph.asked) == asked
    assert Identity.objects.get().is_placeholder


def test_a_platform_that_is_down_is_asked_again_later_and_later(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = [(503, b""), (503, b""), told()]
    fill_in(page)
    first = fetch()
    assert (first.reason, first.finished_at) == ("try_again", None)
    wait = first.next_attempt_at - timezone.now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=10)
    assert len(graph.asked) == 1
    assert try_now().next_attempt_at - timezone.now() > timedelta(seconds=15)
    assert try_now().reason == ""


def test_without_a_token_nothing_is_asked_and_the_reason_is_said(graph: Server, page: Channel) -> None:
    page.credentials = {"app_secret": ["app-secret"]}
    page.save()
    fill_in(page)
    form = fetch()
    assert (form.reason, form.code, form.finished_at) == ("setup", "access_token", None)
    assert "leads_retrieval" in form.reason_text
    assert graph.asked == []


def test_a_refused_token_holds_the_channel_back_and_the_form_waits_however_long(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = refused(190, 401)
    fill_in(page)
    form = fetch()
    page.refresh_from_db()
    assert page.token_refused_at
    assert page.paused_until
    assert (form.reason, form.finished_at) == ("token", None)
    LeadFormAnswer.objects.update(attempts=500)
    try_now()
    assert len(graph.asked) == 1, "its channel is paused"
    Channel.objects.update(paused_until=None)
    assert try_now().finished_at is None
    Channel.objects.update(paused_until=None)
    graph.answers[PATH] = told()
    assert try_now().reason == ""


def test_a_throttled_channel_is_left_alone_here_and_goes_on_sending(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = refused(613)
    graph.answers["/v26.0/660200000000002"] = told()
    fill_in(page)
    drain = LeadFormDrain()
    drain.run_batch()
    fill_in(page, "660200000000002")
    drain.run_batch()
    page.refresh_from_db()
    assert page.paused_until is None
    assert graph.paths() == [PATH]
    drain.resting[page.pk] = float("-inf")
    drain.quiet_until = float("-inf")
    drain.run_batch()
    assert graph.paths()[1:] == ["/v26.0/660200000000002"]


def test_a_channel_that_is_switched_off_is_not_asked(graph: Server, page: Channel) -> None:
    fill_in(page)
    Channel.objects.update(is_active=False)
    assert fetch().attempts == 0
    assert graph.asked == []


def test_whoever_dies_while_asking_is_followed_by_another(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    LeadFormDrain()._claim()  # and here its process ends
    assert fetch().finished_at is None
    assert graph.asked == []
    assert try_now().finished_at


def test_an_answer_that_comes_after_another_asked_changes_nothing(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    slow = LeadFormDrain()
    [row] = slow._claim()
    try_now()
    Customer.objects.update(name="Renamed", name_at=None)
    slow._write_down(row, Answers([("full_name", ["Late"]), ("email", ["late@example.com"])]))
    assert LeadFormAnswer.objects.get().answers != [{"name": "full_name", "values": ["Late"]}]
    assert "Late" not in Message.objects.get().text


def test_two_drains_ask_about_different_forms(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    assert [len(LeadFormDrain()._claim()), len(LeadFormDrain()._claim())] == [1, 0]


def test_a_form_told_of_twice_is_asked_about_once(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = told()
    fill_in(page)
    fill_in(page, created_time=1_775_037_601)
    fetch()
    assert len(graph.asked) == 1


def test_hostile_answers_are_kept_without_harm(graph: Server, page: Channel) -> None:
    fields = [
        {"name": "full_name", "values": ["<b>\0x</b>\ud800"]},
        {"name": None, "values": ["a"]},
        {"values": "b"},
        "c",
        {"name": "n" * 5000, "values": ["v" * 50_000, 7, None]},
    ]
    body = {"field_data": fields, "form_id": 77}
    graph.answers[PATH] = (200, body)
    fill_in(page)
    assert fetch().reason == ""
    assert Customer.objects.get().name == "<b>\ufffdx</b>\ufffd"
    assert len(Message.objects.get().text) < 3000


def test_a_form_without_answers_is_said_so(graph: Server, page: Channel) -> None:
    graph.answers[PATH] = (200, {"id": FORM})
    fill_in(page)
    form = fetch()
    assert (form.reason, form.code) == ("content", "empty")


@pytest.mark.parametrize(
    ("fields", "name", "phone", "email"),
    [
        ({"first_name": "Mona", "last_name": "Sayed"}, "Mona Sayed", "", ""),
        ({"الاسم_بالكامل": "منى", "رقم_الهاتف": "٠١٠٠١٢٣٤٥٦٧"}, "منى", "٠١٠٠١٢٣٤٥٦٧", ""),
        ({"nome_completo": "Ana", "número_de_telefone": "+55 11 91234-5678"}, "Ana", "+55 11 91234-5678", ""),
        ({"how_do_we_reach_you": "0100 123 4567", "and_by_mail": "a@b.example"}, "", "0100 123 4567", "a@b.example"),
        ({"phone_number": "none", "work_phone_number": "none"}, "", "", ""),
        ({"wedding_date": "2026-12-24", "id": "12345"}, "", "", ""),
    ],
)  # fmt: skip
def test_who_filled_it_in_is_read_from_questions_of_any_language(
    fields: dict[str, str], name: str, phone: str, email: str
) -> None:
    person = person_of(Answers([(question, [answer]) for question, answer in fields.items()]))
    assert (person.name, person.phone, person.email) == (name, phone, email)


@pytest.mark.parametrize(
    ("text", "code"),
    [("Cairo", "EG-C"), ("القاهره", "EG-C"), ("محافظة الجيزة", "EG-GZ"), ("EG-ALX", "EG-ALX"), ("Alexandria Governorate", "EG-ALX"),
     ("São Paulo", ""), ("", "")],
)  # fmt: skip
def test_a_governorate_goes_by_name_or_code(text: str, code: str) -> None:
    assert governorate_of(text) == code


@pytest.mark.parametrize(
    ("value", "shown"),
    [("+20 100 123 4567", "…4567"), ("a@b.example", "a…@b.example"), ("2026-12-24", "2026-12-24"), ("XL", "XL")],
)
def test_numbers_and_addresses_are_masked_whatever_the_question(value: str, shown: str) -> None:
    assert text_of_answers(Answers([("anything", [value])])) == f"Anything: {shown}"


def test_a_batch_is_asked_about_side_by_side(graph: Server, page: Channel) -> None:
    together = threading.Barrier(4, timeout=30)

    def answer(asked: Asked) -> tuple[int, Any]:
        together.wait()  # breaks where one waits for another
        return told()

    for number in range(4):
        fill_in(page, f"66020000000000{number}")
        graph.answers[f"/v26.0/66020000000000{number}"] = answer
    assert LeadFormDrain().run_batch() == 4
    assert LeadFormAnswer.objects.filter(reason="", finished_at__isnull=False).count() == 4
