"""Named fields have a history that nothing gets around and nothing rewrites."""

from collections.abc import Callable
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from crm.models import Channel, Customer, Team, User
from crm.tests.factories import make_channel, make_customer
from crm.tests.history import assert_append_only, history_of

pytestmark = pytest.mark.django_db

CustomerHistory: Any = apps.get_model("crm", "CustomerHistory")
MANY = 500


def make_user() -> User:
    """Return somebody without a password, since hashing one takes its time."""
    return User.objects.create(email="ana@shop.example")


def by_the_orm() -> None:
    Customer.objects.update(label="hot")


def by_sql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_customer SET label = 'hot'")


class TestCustomers:
    @pytest.mark.parametrize("update", [by_the_orm, by_sql])
    def test_an_update_of_many_leaves_an_entry_for_each(self, update: Callable[[], None]) -> None:
        made = Customer.objects.bulk_create(
            [Customer(name=f"Customer {number}", label="cold") for number in range(MANY)]
        )
        update()
        entries = list(CustomerHistory.objects.values_list("pgh_obj_id", "label", "name"))
        assert len(entries) == MANY
        assert set(entries) == {(customer.pk, "cold", customer.name) for customer in made}, "each as it was before"

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "Mona"},
            {"label": "hot"},
            {"trade": "wholesale"},
            {"type": "vip"},
            {"persona": "loyal"},
            {"is_active": False},
            {"blocked": True},
        ],
    )
    def test_every_named_field_counts(self, change: dict[str, Any]) -> None:
        customer = make_customer()
        ((field, _),) = change.items()
        before = getattr(customer, field)
        Customer.objects.update(**change)
        assert history_of(customer).values_list(field, flat=True).get() == before

    def test_owner_and_merging_count(self) -> None:
        customer, other, user = make_customer(), make_customer(), make_user()
        Customer.objects.filter(pk=customer.pk).update(owner=user)
        Customer.objects.filter(pk=customer.pk).update(merged_into=other)
        assert list(history_of(customer).values_list("owner", "merged_into")) == [(None, None), (user.pk, None)]

    def test_new_customers_leave_none(self) -> None:
        make_customer()
        assert not CustomerHistory.objects.exists()

    def test_clocks_and_contact_details_leave_none(self) -> None:
        customer = make_customer(phone="+201012345678")
        Customer.objects.update(last_message_at=timezone.now(), city="Cairo", name_at=None)
        customer.set_phone("+201112345678")
        customer.save()
        assert not CustomerHistory.objects.exists()

    def test_it_outlives_its_customer(self) -> None:
        customer = make_customer()
        Customer.objects.update(label="hot")
        number = customer.pk
        customer.delete()
        assert CustomerHistory.objects.get().pgh_obj_id == number

    def test_the_same_value_again_leaves_none(self) -> None:
        make_customer(label="hot")
        Customer.objects.update(label="hot")
        assert not CustomerHistory.objects.exists()

    def test_who_did_it_is_kept(self) -> None:
        user, customer = make_user(), make_customer()
        with pghistory.context(user=user.pk):
            Customer.objects.update(label="hot")
        assert history_of(customer).get().pgh_context.metadata == {"user": user.pk}


class TestChannelsAndUsers:
    def test_a_channels_settings_are_kept_as_they_became(self) -> None:
        channel = make_channel(slug="shop")
        Channel.objects.update(is_active=False)
        kept = list(history_of(channel).values_list("pgh_label", "slug", "is_active"))
        assert kept == [("insert", "shop", True), ("update", "shop", False)]

    def test_a_channels_counters_and_secrets_leave_none(self) -> None:
        channel = make_channel()
        Channel.objects.update(rejected_signatures=5, last_rejected_at=timezone.now(), paused_until=timezone.now())
        channel.credentials = {"app_secret": ["newer"]}
        channel.save(update_fields=["credentials"])
        assert history_of(channel).count() == 1
        assert not {"credentials", "rejected_signatures"} & {
            field.name for field in history_of(channel).model._meta.fields
        }

    def test_who_may_do_what_is_kept_as_it_became(self) -> None:
        user = make_user()
        team = Team.objects.create(name="Sales")
        User.objects.update(is_superuser=True)
        User.objects.update(team=team, is_active=False)
        kept = list(history_of(user).values_list("pgh_label", "email", "is_superuser", "team", "is_active"))
        assert kept == [
            ("insert", "ana@shop.example", False, None, True),
            ("update", "ana@shop.example", True, None, True),
            ("update", "ana@shop.example", True, team.pk, False),
        ]

    def test_logging_in_and_passwords_leave_none(self) -> None:
        user = make_user()
        user.password = "another"
        user.last_login = timezone.now()
        user.save()
        assert history_of(user).count() == 1
        assert "password" not in {field.name for field in history_of(user).model._meta.fields}


def changed_customer() -> Customer:
    customer = make_customer()
    Customer.objects.update(label="hot")
    return customer


@pytest.mark.parametrize("make", [changed_customer, make_channel, make_user])
def test_history_cannot_be_rewritten(make: Callable[[], Model]) -> None:
    row = make()
    kept = list(history_of(row).values())
    assert kept
    assert_append_only(history_of(row).model._meta.db_table)
    assert list(history_of(row).values()) == kept
