"""Colleagues, roles, teams and tags in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import Tag, Team, User
from crm.tests.factories import make_customer

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def administrator() -> Client:
    user = User.objects.create(email="admin@shop.example")
    user.groups.add(Group.objects.get(name=roles.ADMINISTRATOR))
    client = Client()
    client.force_login(user)
    return client


def seller_form(**fields: Any) -> dict[str, Any]:
    seller = Group.objects.get(name=roles.SELLER)
    return {"email": "Omar@shop.example", "full_name": "Omar Saleh", "groups": [seller.pk], "is_active": "on", **fields}


def test_a_colleague_is_added_with_a_password_and_a_role_and_can_log_in(administrator: Client) -> None:
    form = seller_form(password1=PASSWORD, password2=PASSWORD, usable_password="true")
    response = administrator.post(reverse("admin:crm_user_add"), form)
    assert response.status_code == 302, response.context["adminform"].form.errors
    user = User.objects.get(email="omar@shop.example")
    assert [group.name for group in user.groups.all()] == [roles.SELLER]
    assert (user.is_staff, user.is_superuser) == (True, False)
    login = Client().post(reverse("admin:login"), {"username": "omar@shop.example", "password": PASSWORD})
    assert login.status_code == 302


@pytest.mark.parametrize("password", ["short", "1234567890123"])
def test_a_weak_password_is_refused(administrator: Client, password: str) -> None:
    form = seller_form(password1=password, password2=password, usable_password="true")
    response = administrator.post(reverse("admin:crm_user_add"), form)
    assert "password2" in response.context["adminform"].form.errors


def test_an_administrator_does_not_make_superusers(administrator: Client) -> None:
    user = User.objects.create(email="omar@shop.example")
    url = reverse("admin:crm_user_change", args=[user.pk])
    assert administrator.post(url, seller_form(is_superuser="on")).status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.is_superuser) == ("Omar Saleh", False)


def test_an_administrator_does_not_change_a_superuser(administrator: Client) -> None:
    root = User.objects.create(email="root@shop.example", is_superuser=True)
    for name, form in (
        ("admin:crm_user_change", seller_form()),
        ("admin:auth_user_password_change", {"password1": PASSWORD, "password2": PASSWORD}),
    ):
        assert administrator.post(reverse(name, args=[root.pk]), form).status_code == 403
    root.refresh_from_db()
    assert root.email == "root@shop.example"


def test_a_password_is_changed_in_a_form_of_its_own(administrator: Client) -> None:
    user = User.objects.create(email="omar@shop.example")
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    assert administrator.get(url).status_code == 200
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert administrator.post(url, form).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_four_roles_follow_the_code_and_other_groups_are_free(administrator: Client) -> None:
    seller = Group.objects.get(name=roles.SELLER)
    assert administrator.post(reverse("admin:auth_group_change", args=[seller.pk]), {"name": "x"}).status_code == 403
    assert administrator.post(reverse("admin:auth_group_delete", args=[seller.pk]), {"post": "yes"}).status_code == 403
    permission = Permission.objects.get(codename="view_channel")
    form = {"name": "watchers", "permissions": [permission.pk]}
    assert administrator.post(reverse("admin:auth_group_add"), form).status_code == 302
    watchers = Group.objects.get(name="watchers")
    assert list(watchers.permissions.all()) == [permission]
    assert (
        administrator.post(reverse("admin:auth_group_delete", args=[watchers.pk]), {"post": "yes"}).status_code == 302
    )


def test_deleting_a_tag_tells_how_many_had_it_without_listing_them(administrator: Client) -> None:
    tag = Tag.objects.create(name="wholesale")
    for number in range(3):
        make_customer(name=f"Customer number {number}").tags.add(tag)
    url = reverse("admin:crm_tag_delete", args=[tag.pk])
    page = administrator.get(url).content.decode()
    assert "Tagged customers: 3" in page
    assert "Customer number" not in page
    administrator.post(url, {"post": "yes"})
    assert not Tag.objects.exists()


def test_a_team_is_deleted_and_its_members_stay(administrator: Client) -> None:
    team = Team.objects.create(name="Cairo")
    member = User.objects.create(email="omar@shop.example", team=team)
    administrator.post(reverse("admin:crm_team_delete", args=[team.pk]), {"post": "yes"})
    member.refresh_from_db()
    assert member.team is None
