"""Leads in from files and out to files."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.admin.imports import resource_of
from crm.models import Customer, User
from crm.tests.factories import make_customer, make_user
from crm.transfer.columns import guess
from crm.transfer.files import read_table
from crm.transfer.importing import Outcome, import_table
from leads.models import Lead, LeadActivity, Priority
from leads.models import Outcome as Ending
from leads.tests.factories import make_lead, stage
from leads.transfer.leads import LeadResource
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return make_user("boss@shop.example", is_superuser=True)


def imported(text: str, user: User, *, write: bool = True) -> Outcome:
    """Import a CSV text whose headings are our own names."""
    table = read_table(text.encode())
    return import_table(LeadResource(user), table, table.columns, write=write)


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    assert outcome.rows == outcome.created + outcome.updated + outcome.unchanged + outcome.refused
    return outcome.created, outcome.updated, outcome.unchanged, outcome.refused


def test_a_lead_is_opened_with_its_customer_and_all_that_is_told(boss: User) -> None:
    seller = make_user("omar@shop.example")
    outcome = imported(
        "name,phone,stage,value,currency,priority,owner,next_step,next_follow_up_at,opened_at,label\n"
        'Mona,+201012345678,Hot,"1,250.50",usd,High,omar@shop.example,Call,2030-01-02 15:00,4/5/2026,hot\n',
        boss,
    )
    assert counts(outcome) == (1, 0, 0, 0)
    lead = Lead.objects.get()
    assert (lead.customer.name, lead.customer.label, lead.stage.slug, lead.stage_by_person) == (
        "Mona",
        "hot",
        "hot",
        True,
    )
    assert (lead.value, lead.currency, lead.priority, lead.owner) == (Decimal("1250.50"), "USD", Priority.HIGH, seller)
    assert lead.next_step == "Call"
    assert timezone.localtime(lead.next_follow_up_at).hour == 15
    assert timezone.localtime(lead.opened_at).date().isoformat() == "2026-05-04"
    activity = LeadActivity.objects.get()
    assert (activity.kind, activity.by, activity.actor, activity.lead, activity.new) == (
        "opened",
        "import",
        boss,
        lead,
        "hot",
    )


def test_an_open_lead_is_brought_up_to_date_with_what_changed_recorded(boss: User) -> None:
    customer = make_customer(name="Mona", phone="+201012345678", label="cold")
    lead = make_lead(customer, value=100, currency="EGP")
    text = "phone,stage,value,label,owner\n+201012345678,qualified,200,hot,boss@shop.example\n"
    assert counts(imported(text, boss)) == (0, 1, 0, 0)
    lead.refresh_from_db()
    assert (lead.stage.slug, lead.value, lead.owner, lead.customer.label) == ("qualified", Decimal(200), boss, "hot")
    assert Lead.objects.count() == 1
    kinds = set(LeadActivity.objects.filter(by="import", actor=boss).values_list("kind", "old", "new"))
    assert kinds == {
        ("stage_change", "intake", "qualified"),
        ("value_change", "100.00", "200.00"),
        ("label_change", "cold", "hot"),
        ("assignment", "", str(boss.pk)),
    }
    assert counts(imported(text, boss)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("cells", "value", "currency", "updated"),
    [
        ("200,", 200, "USD", True),
        ("200,USD", 200, "USD", True),
        ("200,egp", 200, "EGP", True),
        ("100,EGP", 100, "EGP", True),
        (",EGP", 100, "EGP", True),
        ("100,usd", 100, "USD", False),
        ("100,", 100, "USD", False),
        (",", 100, "USD", False),
    ],
)
def test_a_value_keeps_its_currency_unless_another_is_named(
    boss: User, cells: str, value: int, currency: str, updated: bool
) -> None:
    lead = make_lead(make_customer(phone="+201012345678"), value=100, currency="USD")
    assert counts(imported(f"phone,value,currency\n+201012345678,{cells}\n", boss)) == (0, updated, not updated, 0)
    lead.refresh_from_db()
    assert (lead.value, lead.currency) == (Decimal(value), currency)


@pytest.mark.parametrize("currency", ["LE", "12", "£", "pounds"])
def test_a_currency_has_three_letters(boss: User, currency: str) -> None:
    outcome = imported(f"name,value,currency\nMona,5,{currency}\n", boss)
    assert counts(outcome) == (0, 0, 0, 1)
    assert "three letters, such as EGP" in outcome.reasons[0][1]


def test_what_an_open_lead_does_not_take_over_is_no_change(boss: User) -> None:
    make_lead(make_customer(phone="+201012345678"), in_stage="hot")
    text = "phone,stage,opened_at,closed_at,lost_reason\n+201012345678,Hot,2026-01-01,2026-02-01,Too expensive\n"
    assert counts(imported(text, boss)) == (0, 0, 1, 0)


def test_sales_of_before_that_are_there_already_are_not_doubled(boss: User) -> None:
    text = (
        "name,phone,stage,value,lost_reason,opened_at,closed_at\n"
        "Mona,+201012345678,converted,500,,2026-01-01,2026-02-01 17:30\n"
        "Ana,+201012345679,lost,,Too expensive,2026-01-01,2026-02-01\n"
    )
    assert counts(imported(text, boss)) == (2, 0, 0, 0)
    assert counts(imported(text, boss)) == (0, 0, 2, 0)
    assert counts(imported(text.replace("Mona", "Mona Adel"), boss)) == (0, 1, 1, 0)
    assert Customer.objects.filter(name="Mona Adel").exists()
    assert Lead.objects.count() == 2
    assert counts(imported(text.replace("-02-01", "-03-01"), boss)) == (2, 0, 0, 0)
    assert Lead.objects.count() == 4


def test_two_numbers_of_one_who_was_merged_open_one_lead(boss: User) -> None:
    kept = make_customer(phone="+201000000001")
    for number in (2, 3):
        make_customer(phone=f"+20100000000{number}", merged_into=kept)
    assert counts(imported("phone,value\n+201000000002,5\n+201000000003,6\n", boss)) == (1, 0, 0, 1)
    assert [(lead.customer, lead.value) for lead in Lead.objects.all()] == [(kept, Decimal(5))]


def test_no_lead_was_closed_in_the_future(boss: User) -> None:
    outcome = imported("name,stage,closed_at\nMona,converted,2199-01-01\n", boss)
    assert outcome.reasons == [(2, "It cannot have been closed in the future.")]


def test_what_was_won_and_lost_before_comes_in_closed(boss: User) -> None:
    outcome = imported(
        "name,stage,value,lost_reason,opened_at,closed_at\n"
        "Mona,converted,500,,2026-01-01,2026-02-01\nAna,lost,,Too expensive,2026-01-01,2026-02-01\nNo reason,lost,,,,\n"
        "Backwards,converted,,,2026-02-01,2026-01-01\nTomorrow,intake,,,2199-01-01,\n",
        boss,
    )
    assert counts(outcome) == (2, 0, 0, 3)
    assert [reason for _line, reason in outcome.reasons] == [
        "A lost lead needs the reason of the loss.",
        "It cannot have been closed before it was opened.",
        "It cannot have been opened in the future.",
    ]
    won, lost = Lead.objects.order_by("customer__name").reverse()
    assert (won.outcome, won.customer.type, lost.outcome, lost.lost_reason) == (
        Ending.WON,
        "returning",
        Ending.LOST,
        "price",
    )
    assert won.closed_at is not None
    assert timezone.localtime(won.closed_at).date().isoformat() == "2026-02-01"


def test_each_row_left_out_says_why(boss: User) -> None:
    outcome = imported(
        "name,phone,stage,value,next_follow_up_at\nA,,nowhere,,\nB,,,much,\nC,,,,31/31/2026\nD,+201012345678,,,\nD,+201012345678,,,\n",
        boss,
    )
    assert counts(outcome) == (1, 0, 0, 4)
    reasons = dict(outcome.reasons)
    assert "Stage: there is no stage “nowhere”" in reasons[2]
    assert "Value: “much” is not a sum" in reasons[3]
    assert "Next follow-up: “31/31/2026” is not a date" in reasons[4]
    assert "same person as in line 5" in reasons[6]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1250", "1250"),
        ("1,250.50", "1250.50"),
        ("1.250,50", "1250.50"),
        ("12,5", "12.5"),
        ("1,250", "1250"),
        ("١٢٥٠٫٥", "1250.5"),
        ("١٬٢٥٠٫٥", "1250.5"),
        ("1.250.000", "1250000"),
        ("0", "0"),
    ],
)
def test_sums_however_they_are_written(boss: User, text: str, amount: str) -> None:
    assert imported(f'name,value\nA,"{text}"\n', boss).created == 1
    assert Lead.objects.get().value == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["2026-05-04", "4/5/2026", "٤/٥/٢٠٢٦", "٢٠٢٦-٠٥-٠٤", "04.05.2026", "2026-05-04T10:00Z"]
)
def test_days_however_they_are_written(boss: User, text: str) -> None:
    assert imported(f"name,opened_at\nA,{text}\n", boss).created == 1
    assert timezone.localtime(Lead.objects.get().opened_at).date().isoformat() == "2026-05-04"


@pytest.mark.parametrize("text", ["-5", "NaN", "Infinity", "1e400", "9" * 20, "=1+1", "1.2.3", "5²", "1_000", "1e5"])
def test_what_is_no_sum_is_left_out(boss: User, text: str) -> None:
    assert counts(imported(f"name,value\nA,{text}\n", boss)) == (0, 0, 0, 1)
    assert not Customer.objects.exists()


def test_a_colleague_s_lead_is_left_alone() -> None:
    seller = make_user()
    lead = make_lead(make_customer(phone="+201012345678"), owner=make_user())
    outcome = imported("phone,value\n+201012345678,5\n", seller)
    assert counts(outcome) == (0, 0, 0, 1)
    assert "belongs to a colleague" in outcome.reasons[0][1] or "belong to a colleague" in outcome.reasons[0][1]
    lead.refresh_from_db()
    assert lead.value is None


def test_looking_writes_nothing(boss: User) -> None:
    lead = make_lead(make_customer(phone="+201012345678"))
    outcome = imported("name,phone,value\nMona,+201012345678,5\nAna,,7\n", boss, write=False)
    assert counts(outcome) == (1, 1, 0, 0)
    lead.refresh_from_db()
    assert (lead.value, Lead.objects.count(), Customer.objects.count()) == (None, 1, 1)


def test_an_error_in_the_middle_leaves_nothing_half_written(boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_fields: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(LeadActivity.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        imported("name,value\nMona,5\n", boss)
    assert not Lead.objects.exists()
    assert not Customer.objects.exists()


def test_ten_thousand_rows_in_reasonable_time(boss: User) -> None:
    rows = "".join(f"Person {number},+2010{number:08},{number},hot\n" for number in range(10_000))
    began = time.process_time()
    with CaptureQueriesContext(connection) as captured:
        assert imported(f"name,phone,value,stage\n{rows}", boss).created == 10_000
    assert len(captured) < 200
    assert time.process_time() - began < 40
    assert LeadActivity.objects.filter(kind="opened", by="import").count() == 10_000


def exported(client: Any, query: str = "") -> list[list[str]]:
    answer = client.get(reverse("admin:leads_lead_export_csv") + query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_leads_go_out_as_listed_and_come_back_in() -> None:
    manager = colleague("manager")
    when = datetime(2030, 1, 2, 13, 0, tzinfo=UTC)
    make_lead(
        make_customer(name="Mona", phone="+201012345678", owner=manager), in_stage="hot", score=70,
        value=Decimal("12.50"), currency="EGP",
        owner=manager, next_step="=Call", next_follow_up_at=when,
    )  # fmt: skip
    older = make_lead(make_customer(name="Ana"), opened_at=timezone.now() - timedelta(days=1))
    make_lead(make_customer(name="Twin"), closed_at=timezone.now(), outcome="merged", merged_into=older)
    headings, *rows = exported(client_of(manager), "?owned=all&state=any")
    assert sorted(row[0] for row in rows) == ["Ana", "Mona"]
    row = dict(zip(headings, next(row for row in rows if row[0] == "Mona"), strict=True))
    assert (row["Phone"], row["Stage"], row["Value"], row["Score"], row["Owner (e-mail)"], row["Next step"]) == (
        "+201012345678", "Hot", "12.50", "70", manager.email, "'=Call",
    )  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([headings, list(row.values())])
    table = read_table(text.getvalue().encode())
    columns = guess(table.columns, LeadResource(manager).columns())
    assert counts(import_table(LeadResource(manager), table, columns, write=True)) == (0, 0, 1, 0)
    lead = Lead.objects.get(customer__name="Mona")
    assert (lead.stage, lead.value, lead.next_step, lead.next_follow_up_at) == (
        stage("hot"),
        Decimal("12.50"),
        "=Call",
        when,
    )


def test_sellers_get_theirs_and_no_numbers() -> None:
    seller = colleague("seller")
    make_lead(make_customer(name="Mine", phone="+201012345678"), owner=seller)
    make_lead(make_customer(name="Theirs"), owner=make_user())
    headings, *rows = exported(client_of(seller), "?owned=all")
    assert [row[0] for row in rows] == ["Mine"]
    assert "Phone" not in headings
    assert "E-mail" not in headings


def test_the_pages_know_of_leads() -> None:
    client = client_of(colleague("manager"))
    listing = client.get(reverse("admin:leads_lead_changelist")).content.decode()
    for url in (reverse("admin:import", args=["leads"]), reverse("admin:leads_lead_export_xlsx")):
        assert url in listing
    page = client.get(reverse("admin:import", args=["leads"])).content.decode()
    assert "Reason of the loss" in page
    assert resource_of("leads") is LeadResource
