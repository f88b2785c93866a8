"""The front door: login, then the page of one's role, with a sidebar of what one may see."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from crm.tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "long enough for a test"


def logged_in(role: str = "", **fields: Any) -> Client:
    user = User.objects.create(email="someone@shop.example", **fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def test_the_front_door_leads_to_the_login_and_the_login_to_ones_page() -> None:
    make_user("seller@shop.example", PASSWORD, is_superuser=False)
    User.objects.get().groups.add(Group.objects.get(name=roles.SELLER))
    client = Client()
    login = client.get("/", follow=True).redirect_chain[-1][0]
    assert login.startswith(reverse("admin:login"))
    response = client.post(login, {"username": "Seller@shop.example", "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("admin:leads_answer_next")


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (roles.ADMINISTRATOR, "admin:health"),
        (roles.MANAGER, "admin:dashboard"),
        (roles.SELLER, "admin:leads_answer_next"),
        (roles.VIEWER, "admin:dashboard"),
    ],
)
def test_each_role_has_its_first_page(role: str, page: str) -> None:
    response = logged_in(role).get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0] == reverse(page)
    assert response.status_code == 200


def test_without_a_role_one_is_told_what_to_do() -> None:
    response = logged_in().get("/")
    assert response.status_code == 200
    assert "You have no role yet" in response.content.decode()


def test_who_guesses_too_often_is_told_to_wait(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    client = Client()
    for _attempt in range(3):
        response = client.post(reverse("admin:login"), {"username": "x@shop.example", "password": "guess"})
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_who_may_not_log_in_here_is_not_sent_round_in_circles() -> None:
    response = logged_in(is_staff=False).get("/", follow=True)
    assert response.status_code == 200
    assert len(response.redirect_chain) <= 2


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (
            roles.SELLER,
            ["Answer next", "Conversations", "Customers", "Ads"],
            ["Channels", "Webhook deliveries", "Users", "Settings"],
        ),
        (roles.ADMINISTRATOR, ["Conversations", "Channels", "Webhook deliveries", "Users", "Settings"], []),
    ],
)
def test_the_sidebar_shows_what_one_may_see(role: str, shown: list[str], hidden: list[str]) -> None:
    page = logged_in(role).get(reverse("admin:messaging_conversation_changelist")).content.decode()
    sidebar = page[page.index('id="nav-sidebar-apps"') : page.index('id="main"')]
    assert [title for title in shown if f"<span>{title}</span>" not in sidebar] == []
    assert [title for title in hidden if f"<span>{title}</span>" in sidebar] == []


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        (roles.ADMINISTRATOR, ["Health", "Channels", "Deliveries", "Answer next"]),
        (roles.MANAGER, ["Dashboard", "Inbox", "Board", "Leads"]),
        (roles.SELLER, ["Answer next", "Inbox", "Board", "Leads"]),
        (roles.VIEWER, ["Dashboard", "Inbox", "Board", "Leads"]),
    ],
)
def test_a_phone_has_the_pages_of_ones_role_at_its_foot(role: str, lines: list[str]) -> None:
    client = logged_in(role)
    for name in ("messaging_conversation_changelist", "leads_lead_changelist", "crm_customer_changelist"):
        page = client.get(reverse(f"admin:{name}")).content.decode()
        bar = page[page.index('<nav class="mc-phone-bar"') :]
        bar = bar[: bar.index("</nav>")]
        assert [title for title in lines if f"<span>{title}</span>" in bar] == lines
        assert bar.count("<a ") == len(lines)
        assert ("aria-current" in bar) is (name == "leads_lead_changelist" and "Leads" in lines)


def test_without_a_role_or_in_a_window_that_chooses_a_row_there_is_no_bar() -> None:
    client = logged_in()
    assert '"mc-phone-bar"' not in client.get("/").content.decode()
    User.objects.get().groups.add(Group.objects.get(name=roles.ADMINISTRATOR))
    page = client.get(reverse("admin:crm_customer_changelist") + "?_popup=1")
    assert '"mc-phone-bar"' not in page.content.decode()


def test_the_bar_leads_nowhere_one_may_not_go() -> None:
    client = logged_in()
    User.objects.get().user_permissions.add(Permission.objects.get(codename="change_channel"))
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_channel"))
    page = client.get(reverse("admin:crm_channel_changelist")).content.decode()
    bar = page[page.index('<nav class="mc-phone-bar"') :]
    assert bar[: bar.index("</nav>")].count("<a ") == 1
