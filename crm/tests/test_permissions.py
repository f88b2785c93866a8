"""Who a colleague is and what they may do is read once, by one query, and is what Django's own backend would say."""

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from crm.models import User
from crm.permissions import PermissionsBackend
from crm.tests.factories import make_user
from crm.tests.staff import member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["administrator", "manager", "seller", "viewer"])
def test_one_query_for_the_same_answer(role: str, django_assert_num_queries: Any) -> None:
    pk = member(role).pk
    User.objects.get(pk=pk).user_permissions.add(Permission.objects.get(codename="view_team"))
    user = User.objects.get(pk=pk)
    with django_assert_num_queries(1):
        assert user.has_perm("crm.view_team")
        assert not user.has_perm("crm.nonsense")
        assert user.has_module_perms("leads")
        assert not user.has_module_perms("nonsense")
    assert user.get_all_permissions() == ModelBackend().get_all_permissions(User.objects.get(pk=pk))


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_who_asks_is_read_along_with_what_they_may_do(role: str, django_assert_num_queries: Any) -> None:
    pk = member(role).pk
    with django_assert_num_queries(1):
        user = PermissionsBackend().get_user(pk)
        assert user
        held = user.get_all_permissions()
        assert user.has_perm("crm.view_customer")
        assert not user.has_perm("crm.nonsense")
    assert (user, held) == (User.objects.get(pk=pk), ModelBackend().get_all_permissions(User.objects.get(pk=pk)))


def test_nobody_is_found_who_is_not_there_or_has_left() -> None:
    assert PermissionsBackend().get_user(0) is None
    assert PermissionsBackend().get_user(make_user(is_active=False).pk) is None
    assert PermissionsBackend().get_all_permissions(User(is_superuser=True)) == set()


def test_a_superuser_may_everything_and_who_left_nothing() -> None:
    everything = PermissionsBackend().get_all_permissions(make_user(is_superuser=True))
    assert len(everything) == Permission.objects.count()
    left = make_user(is_superuser=True, is_active=False)
    assert PermissionsBackend().get_all_permissions(left) == set()
    assert PermissionsBackend().get_all_permissions(AnonymousUser()) == set()
    assert not left.has_perm("crm.view_customer")
