"""The screens of leads over 50,000 leads and 500,000 messages, as a manager and as a seller: time in the database and in all."""

import time
from typing import Any

from benchmarks.pages import measure

CUSTOMERS, MESSAGES = 50_000, 500_000
OF_ALL_TIME = "?period=days&from=2020-01-01&to=2030-01-01"


def run() -> dict[str, float]:
    """Return for each page p95 in ms, p95 of its time in the database, and its number of queries; and the report's in s."""
    from django.core.management import call_command
    from django.test import Client

    started = time.perf_counter()
    sellers = _staff()
    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    figures = {"seed_demo seconds": time.perf_counter() - started}
    for role, user in (("manager", _manager()), ("seller", sellers[0])):
        client = Client(SERVER_NAME="localhost")
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        for name, addresses in _pages(user).items():
            figures |= measure(client, f"{role}: {name}", addresses)
    return figures


def _staff() -> list[Any]:
    from django.contrib.auth.models import Group

    from crm.models import Team, User
    from crm.roles import SELLER, ensure_roles

    ensure_roles()
    teams = [Team.objects.create(name=name) for name in ("Cairo", "Recife")]
    sellers = [
        User.objects.create_user(
            f"seller{number}@shop.example", "x", team=teams[number % 2], full_name=f"Seller {number}"
        )
        for number in range(8)
    ]
    for seller in sellers:
        seller.groups.add(Group.objects.get(name=SELLER))
    return sellers


def _manager() -> Any:
    from django.contrib.auth.models import Group

    from crm.models import User
    from crm.roles import MANAGER

    manager = User.objects.create_user("manager@shop.example", "x")
    manager.groups.add(Group.objects.get(name=MANAGER))
    return manager


def _pages(user: Any) -> dict[str, list[str]]:
    from django.urls import reverse

    from crm.visibility import visible
    from leads.models import Lead

    answer, board = reverse("admin:leads_answer_next"), reverse("admin:leads_board")
    leads = reverse("admin:leads_lead_changelist")
    report = reverse("admin:leads_attribution")
    some = visible(user, Lead).order_by("?").values_list("pk", flat=True)[:20]
    return {
        "answer next": [answer, f"{answer}?tab=all"],
        "answer next, poll": [f"{reverse('admin:leads_answer_next_poll')}?tab=all"],
        "board": [board, f"{board}?owned=all"],
        "board, a column further": [f"{reverse('admin:leads_board_column', args=['intake'])}?owned=all"],
        "leads": [leads, f"{leads}?owner=all"],
        "leads, by name": [f"{leads}?owner=all&q={word}" for word in ("mona", "ana", "احمد", "silva")],
        "lead": [reverse("admin:leads_lead_change", args=[pk]) for pk in some],
        "follow-ups": [reverse("admin:leads_follow_ups")],
        "what brings sales, 30 days": [report],
        "what brings sales, all time": [f"{report}{OF_ALL_TIME}"],
        "why we lose": [reverse("admin:leads_losses")],
        "sellers": [reverse("admin:leads_sellers")],
        "sellers, their answers": [f"{reverse('admin:leads_sellers')}?answers=shown"],
    }
