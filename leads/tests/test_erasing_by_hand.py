"""Erasing by the command and on the page of a customer: who may, what is asked, what is said."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from crm import roles
from crm.erasure.erasing import erased_since
from crm.erasure.notes import names_of_notes
from crm.erasure.person import Person
from crm.merging import MergeRefused, merge_customers
from crm.models import Customer, Restoration
from crm.tests.backup_world import point_at
from crm.tests.factories import make_channel, make_customer
from leads.activities import Cause
from leads.models import Lead
from leads.services.stages import MoveRefused, move_lead
from leads.tests.erasure_world import make_person, phone_of
from leads.tests.factories import stage
from messaging.ingest.database import database, health
from messaging.ingest.known_channels import forget_channels
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "quillfeather"


@pytest.fixture
def person(settings: Any, tmp_path: Path) -> Iterator[Person]:
    point_at(settings, tmp_path)
    settings.SPOOL_DIR = tmp_path / "spool"
    forget_channels()
    health.forget()
    yield make_person(MARK, (make_channel("messenger"), make_channel("whatsapp")))
    database.close()


def run(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("erase_customer", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command(person: Person) -> None:
    for words, why in (
        ((), "Name a person"),
        (("5", "--replay"), "Name a person"),
        (("99999999",), "There is no customer"),
    ):
        with pytest.raises(CommandError, match=why):
            run(*words)
    number = str(person.customers[0])
    with pytest.raises(CommandError, match="nobody to ask; say --yes"):
        run(number)
    assert erased_since(person) is None
    assert names_of_notes() == []
    Restoration.objects.create(backup_name="a", snapshot_at="2026-01-01T00:00Z", old_database="migochat_before_x")
    out, err = run(f"+{phone_of(MARK)}", "--yes", "--json")
    facts = json.loads(out)
    assert (facts["customers"], facts["erased"], facts["rows"]["messaging.Message"]) == ([*person.customers], True, 4)
    assert names_of_notes() == [facts["note"]]
    assert "migochat_before_x, which a restore kept, still holds them" in err
    assert "Backups from before hold the person" in err
    assert run(number, "--yes")[0].startswith("Erased already, on 2")
    assert len(names_of_notes()) == 1


def test_whoever_else_has_the_number_is_not_taken_for_them(person: Person) -> None:
    stranger = make_customer(phone=f"+{phone_of(MARK)}")
    with pytest.raises(CommandError, match=f"id:{stranger.pk}. Say which"):
        run(f"+{phone_of(MARK)}", "--yes")
    merged = max(person.customers)
    run(f"id:{merged}", "--yes")
    assert erased_since(person) is not None
    stranger.refresh_from_db()
    assert (stranger.phone, stranger.erased_at) == (f"+{phone_of(MARK)}", None)


def test_asked_on_a_terminal(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    number = str(person.customers[0])
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    with pytest.raises(CommandError, match="that was another number"):
        run(number)
    monkeypatch.setattr("builtins.input", lambda prompt: number)
    out, _ = run(number)
    assert "4  messaging.Message, the row stays without content" in out
    assert erased_since(person) is not None


def test_the_page_is_for_administrators_and_asks_for_the_number(person: Person) -> None:
    number = person.customers[0]
    address = reverse("admin:erase_customer", args=[number])
    customer_page = reverse("admin:crm_customer_change", args=[number])
    for role in (roles.MANAGER, roles.SELLER, roles.VIEWER):
        client = client_of(colleague(role))
        assert client.get(address).status_code == client.post(address, {"number": number}).status_code == 403
        assert address not in client.get(customer_page).content.decode()
    boss = client_of(colleague(roles.ADMINISTRATOR))
    assert address in boss.get(customer_page).content.decode()
    shown = boss.get(address).content.decode()
    assert f"Type {number} to erase" in shown
    assert str(person.customers[1]) in shown
    assert "That was another number" in boss.post(address, {"number": "1"}, follow=True).content.decode()
    assert erased_since(person) is None
    assert f"Customer {number} was erased" in boss.post(address, {"number": str(number)}, follow=True).content.decode()
    assert erased_since(person) is not None
    assert boss.get(address).status_code == 404
    changed = boss.get(customer_page).content.decode()
    assert f"Erased person {number}" in changed
    assert "Unblock" not in changed
    assert boss.post(reverse("admin:crm_customer_unblock", args=[number])).status_code == 403
    assert f"Erased person {number}" not in boss.get(reverse("admin:crm_customer_changelist")).content.decode()


def test_nobody_goes_on_with_who_was_erased(person: Person) -> None:
    run(str(person.customers[0]), "--yes")
    with pytest.raises(MergeRefused, match="was erased"):
        merge_customers(kept_id=make_customer().pk, merged_id=person.customers[0], by=None)
    lead = Lead.objects.filter(customer__in=person.customers).latest("pk")
    assert (lead.outcome, lead.lost_reason) == ("lost", "other")
    with pytest.raises(MoveRefused, match="was erased"):
        move_lead(lead_id=lead.pk, to=stage("intake"), cause=Cause.rule(""))
    assert Customer.objects.filter(pk__in=person.customers, blocked=True).count() == 2
