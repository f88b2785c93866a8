"""Roles as groups."""

import pytest
from django.contrib.auth.models import Group, Permission

from crm.models import User
from crm.roles import ADMINISTRATOR, MANAGER, PERMISSIONS, ROLES, SELLER, VIEWER, ensure_roles, names_of

pytestmark = pytest.mark.django_db


#: A sample of permissions, and the roles that have each.
WHO_MAY = {
    "crm.view_customer": {ADMINISTRATOR, MANAGER, SELLER, VIEWER},
    "crm.add_customer": {ADMINISTRATOR, MANAGER, SELLER},
    "crm.change_customer": {ADMINISTRATOR, MANAGER, SELLER},
    "crm.delete_customer": {ADMINISTRATOR, MANAGER},
    "crm.add_note": {ADMINISTRATOR, MANAGER, SELLER},
    "crm.change_tag": {ADMINISTRATOR, MANAGER, SELLER},
    "crm.delete_tag": {ADMINISTRATOR, MANAGER},
    "messaging.view_conversation": {ADMINISTRATOR, MANAGER, SELLER, VIEWER},
    "messaging.change_conversation": {ADMINISTRATOR, MANAGER, SELLER},
    "messaging.view_message": {ADMINISTRATOR, MANAGER, SELLER, VIEWER},
    "messaging.change_message": {ADMINISTRATOR, MANAGER},
    "messaging.view_webhookdelivery": {ADMINISTRATOR, MANAGER},
    "messaging.change_webhookdelivery": {ADMINISTRATOR},
    "campaigns.view_adcampaign": {ADMINISTRATOR, MANAGER, SELLER, VIEWER},
    "campaigns.change_post": {ADMINISTRATOR, MANAGER},
    "crm.view_channel": {ADMINISTRATOR, MANAGER},
    "crm.change_channel": {ADMINISTRATOR},
    "crm.change_consent": {ADMINISTRATOR},
    "crm.view_setting": {ADMINISTRATOR},
    "crm.add_user": {ADMINISTRATOR},
    "auth.change_group": {ADMINISTRATOR},
}


def test_every_permission_of_the_table_exists() -> None:
    for role in PERMISSIONS:
        for app, codename in names_of(role):
            assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists(), (app, codename)


def test_a_misspelt_permission_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.roles.PERMISSIONS", {**PERMISSIONS, VIEWER: {"crm.custmer": "view"}})
    with pytest.raises(LookupError, match="view_custmer"):
        ensure_roles()


def test_repeating_changes_nothing_and_takes_back_what_was_added() -> None:
    Group.objects.all().delete()
    ensure_roles()
    before = {role: set(Group.objects.get(name=role).permissions.all()) for role in ROLES}
    viewer = Group.objects.get(name=VIEWER)
    viewer.permissions.add(Permission.objects.get(codename="delete_customer"))
    viewer.permissions.remove(Permission.objects.get(codename="view_message"))
    ensure_roles()
    assert {role: set(Group.objects.get(name=role).permissions.all()) for role in ROLES} == before
    assert Group.objects.count() == len(ROLES)


def test_who_may_do_what() -> None:
    users = {role: User.objects.create(email=f"{role}@shop.example") for role in ROLES}
    for role, user in users.items():
        user.groups.add(Group.objects.get(name=role))
    found = {name: {role for role, user in users.items() if user.has_perm(name)} for name in WHO_MAY}
    assert found == WHO_MAY
