"""The screens of leads over 50,000 leads and 500,000 messages, as a manager and as a seller: time in the database and in all."""

import time
from typing import Any

from benchmarks.pages import measure

CUSTOMERS, MESSAGES = 50_000, 500_000
OF_ALL_TIME = "?period=days&from=2020-01-01&to=2030-01-01"


def run() -> dict[str, float]:
    """Return for each page p95 in ms, p95 of its time in the database, its processor time, and its number of queries."""
    from django.core.management import call_command
    from django.test import Client

    started = time.perf_counter()
    sellers = _staff()
    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    figures = {"seed_demo seconds": time.perf_counter() - started}
    for role, user in (("manager", _manager()), ("seller", sellers[0])):
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
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

    from crm.models import User
    from crm.roles import SELLER
    from crm.visibility import visible
    from leads.models import Lead, Stage

    answer, board = reverse("admin:leads_answer_next"), reverse("admin:leads_board")
    leads, follow_ups = reverse("admin:leads_lead_changelist"), reverse("admin:leads_follow_ups")
    report = reverse("admin:leads_attribution")
    rules = reverse("admin:leads_classificationrule_changelist")
    some = visible(user, Lead).order_by("?").values_list("pk", flat=True)[:20]
    owners = User.objects.filter(groups__name=SELLER).values_list("pk", flat=True)
    stages = Stage.objects.open().values_list("pk", flat=True)
    found: dict[str, list[str]] = {
        "answer next": [answer, f"{answer}?tab=all"],
        "answer next, poll": [f"{reverse('admin:leads_answer_next_poll')}?tab=all"],
        "board": [board, f"{board}?owned=all"],
        "board, a column further": [f"{reverse('admin:leads_board_column', args=['intake'])}?owned=all"],
        "leads": [leads, f"{leads}?owner=all"],
        "leads, by name": [f"{leads}?owner=all&q={word}" for word in ("mona", "ana", "احمد", "silva")],
        "leads, by phone": [f"{leads}?owner=all&q=%2B201001234567"],
        "leads, by label": [f"{leads}?owned=all&label={label}" for label in ("hot", "warm", "cold")],
        "leads, by stage and label": [f"{leads}?owned=all&stage={stage}&label=hot" for stage in stages],
        "leads, by owner": [f"{leads}?owner={owner}" for owner in ("nobody", *owners)],
        "leads, by source": [f"{leads}?owned=all&source={source}" for source in ("ad", "direct", "comment", "story")],
        "lead": [reverse("admin:leads_lead_change", args=[pk]) for pk in some],
        "follow-ups": [follow_ups, f"{follow_ups}?owned=all"],
        "what brings sales, 30 days": [report],
        "what brings sales, all time": [f"{report}{OF_ALL_TIME}"],
        "why we lose": [reverse("admin:leads_losses")],
        "sellers": [reverse("admin:leads_sellers")],
        "sellers, their answers": [f"{reverse('admin:leads_sellers')}?answers=shown"],
    }
    if user.has_perm("leads.view_classificationrule"):
        found["rules, by a word"] = [f"{rules}?q={word}" for word in ("price", "بكام", "frete")]
    return found
