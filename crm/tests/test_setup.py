"""The first administrator."""

import pytest
from django.core.exceptions import ValidationError

from crm.models import KeyCanary, User
from crm.roles import ADMINISTRATOR
from crm.setup import prepare_installation
from crm.tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_it_makes_an_administrator_with_a_password_of_its_own() -> None:
    account = prepare_installation()
    assert account is not None
    assert account.generated
    user = User.objects.get()
    assert (user.email, user.is_superuser, user.is_staff) == (account.email, True, True)
    assert user.check_password(account.password)
    assert not account.weakness
    assert [group.name for group in user.groups.all()] == [ADMINISTRATOR]


def test_it_takes_the_account_it_is_given() -> None:
    account = prepare_installation(admin_email="Mona@Shop.example", admin_password="a sentence to remember")
    assert account is not None
    assert (account.email, account.generated, account.weakness) == ("mona@shop.example", False, "")
    assert User.objects.get().check_password("a sentence to remember")


def test_a_weak_password_is_taken_and_named() -> None:
    account = prepare_installation(admin_password="shop")
    assert account is not None
    assert "too short" in account.weakness
    assert User.objects.get().check_password("shop")


def test_what_people_changed_since_is_left_alone() -> None:
    prepare_installation(admin_email="ana@shop.example", admin_password="the first password")
    user = User.objects.get()
    user.set_password("the second password")
    user.save()
    assert prepare_installation(admin_email="ana@shop.example", admin_password="the first password") is None
    user.refresh_from_db()
    assert user.check_password("the second password")
    assert User.objects.count() == KeyCanary.objects.count() == 1


def test_somebody_who_is_there_already_is_made_administrator_when_there_is_none() -> None:
    make_user("ana@shop.example", is_active=False)
    prepare_installation(admin_email="ANA@shop.example", admin_password="a sentence to remember")
    user = User.objects.get()
    assert user.is_superuser
    assert user.is_active


def test_no_address_is_refused_and_nothing_is_left_half_made() -> None:
    with pytest.raises(ValidationError):
        prepare_installation(admin_email="not an address")
    assert not KeyCanary.objects.exists()
