"""The front door: login, then the page of one's role, with a sidebar of what one may see."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
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
        roles.ensure_roles()
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_the_front_door_leads_to_the_login_and_the_login_to_ones_page() -> None:
    make_user("seller@shop.example", PASSWORD, is_superuser=False)
    roles.ensure_roles()
    User.objects.get().groups.add(Group.objects.get(name=roles.SELLER))
    client = Client()
    login = client.get("/", follow=True).redirect_chain[-1][0]
    assert login.startswith(reverse("admin:login"))
    response = client.post(login, {"username": "Seller@shop.example", "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("admin:messaging_conversation_changelist")


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (roles.ADMINISTRATOR, "admin:crm_channel_changelist"),
        (roles.MANAGER, "admin:messaging_conversation_changelist"),
        (roles.SELLER, "admin:messaging_conversation_changelist"),
        (roles.VIEWER, "admin:messaging_conversation_changelist"),
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
        (roles.SELLER, ["Conversations", "Customers", "Ads"], ["Channels", "Webhook deliveries", "Users", "Settings"]),
        (roles.ADMINISTRATOR, ["Conversations", "Channels", "Webhook deliveries", "Users", "Settings"], []),
    ],
)
def test_the_sidebar_shows_what_one_may_see(role: str, shown: list[str], hidden: list[str]) -> None:
    page = logged_in(role).get(reverse("admin:messaging_conversation_changelist")).content.decode()
    sidebar = page[page.index('id="nav-sidebar-apps"') : page.index('id="main"')]
    assert [title for title in shown if f"<span>{title}</span>" not in sidebar] == []
    assert [title for title in hidden if f"<span>{title}</span>" in sidebar] == []
