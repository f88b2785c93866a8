"""Encrypted fields as the ORM, forms and raw SQL meet them."""

import copy
import logging
import pickle
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.forms import modelform_factory
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from crm.encrypted_fields import MARK, EncryptedField, Unreadable, encrypted_fields
from crm.encryption import is_newest
from crm.models import Channel, Customer, Setting
from crm.tests.factories import make_channel, make_customer
from crm.tests.keys import key_of

pytestmark = pytest.mark.django_db

PHONE, EMAIL = "+20 10 1234 5678", "mona@example.com"


def stored(customer: Customer, column: str = "phone") -> bytes:
    """Return the column as it lies in the table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM crm_customer WHERE id = %s", [customer.pk])  # noqa: S608 - our own name
        return bytes(cursor.fetchone()[0])


def write(customer: Customer, value: bytes, column: str = "phone") -> None:
    """Write the column past the field."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE crm_customer SET {column} = %s WHERE id = %s", [value, customer.pk])  # noqa: S608


def read(customer: Customer) -> Customer:
    return Customer.objects.get(pk=customer.pk)


@pytest.fixture
def customer() -> Customer:
    return make_customer(phone=PHONE, email=EMAIL)


class TestReadingAndWriting:
    def test_a_text_comes_back(self, customer: Customer) -> None:
        assert (read(customer).phone, read(customer).email) == (PHONE, EMAIL)

    @pytest.mark.parametrize("text", ["", "٠١٠ ١٢٣٤", "a\x00b", "\ud83d", MARK + "!"])
    def test_any_text_comes_back(self, text: str) -> None:
        assert read(make_customer(phone=text)).phone == text

    def test_json_comes_back(self) -> None:
        secrets = {"app_secret": ["new", "old"], "verify_token": ["ß"]}
        assert Channel.objects.get(pk=make_channel(credentials=secrets).pk).credentials == secrets

    def test_none_stays_none(self) -> None:
        row = Setting.objects.create(key="a")
        assert Setting.objects.filter(sensitive_value=None).get() == row
        assert Setting.objects.get().sensitive_value is None

    def test_the_table_holds_no_plaintext(self, customer: Customer) -> None:
        assert PHONE.encode() not in stored(customer)
        assert len(stored(customer)) == 33 + len(PHONE)

    def test_bulk_create_encrypts_each_for_its_row(self) -> None:
        made = Customer.objects.bulk_create([Customer(phone=f"+2010000000{number}") for number in range(3)])
        assert [read(row).phone for row in made] == [f"+2010000000{number}" for number in range(3)]
        write(made[0], stored(made[1]))
        assert isinstance(read(made[0]).phone, Unreadable)

    def test_a_new_value_is_saved(self, customer: Customer) -> None:
        again = read(customer)
        again.phone = "+1"
        again.save()
        assert read(customer).phone == "+1"

    def test_refresh_brings_what_others_wrote(self, customer: Customer) -> None:
        ours = read(customer)
        assert ours.phone == PHONE
        theirs = read(customer)
        theirs.phone = "+1"
        theirs.save()
        ours.refresh_from_db()
        assert ours.phone == "+1"

    def test_nothing_is_opened_before_it_is_asked_for(
        self, customer: Customer, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [key_of("z")]
        again = read(customer)
        assert again.name == customer.name
        assert caplog.records == []
        assert isinstance(again.phone, Unreadable)
        assert len(caplog.records) == 1

    def test_copies_and_pickles_open_too(self, customer: Customer) -> None:
        for copied in (copy.deepcopy(read(customer)), pickle.loads(pickle.dumps(read(customer)))):  # noqa: S301 - ours
            assert copied.phone == PHONE

    def test_full_clean_leaves_it_alone(self, customer: Customer) -> None:
        again = read(customer)
        again.phone = "abcd"  # could be base64
        again.full_clean()
        assert again.phone == "abcd"


class TestPartsOfRows:
    def test_only_opens_with_one_query(
        self, customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            (again,) = Customer.objects.only("uid", "phone")
            assert again.phone == PHONE

    def test_a_deferred_value_is_fetched_when_asked_for(
        self, customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        again = Customer.objects.defer("phone", "uid").get()
        with django_assert_num_queries(1):
            assert again.phone == PHONE
            assert again.phone == PHONE

    def test_a_deferred_value_stays_as_it_is(self, customer: Customer) -> None:
        before = stored(customer)
        again = Customer.objects.defer("phone").get()
        again.name = "Mona"
        again.save()
        assert (stored(customer), read(customer).name) == (before, "Mona")

    def test_a_deferred_value_that_is_to_be_written_is_not_lost(self) -> None:
        Setting.objects.create(key="a", sensitive_value="secret")
        Setting.objects.defer("sensitive_value").get().save(update_fields=["sensitive_value"])
        assert Setting.objects.get().sensitive_value == "secret"

    @pytest.mark.parametrize("asked_for", [False, True])
    def test_update_of_other_fields_leaves_the_ciphertext(self, customer: Customer, asked_for: bool) -> None:
        before = stored(customer)
        again = read(customer)
        assert not asked_for or again.phone == PHONE
        again.name = "Mona"
        again.save(update_fields=["name"])
        Customer.objects.update(city="Cairo")
        assert stored(customer) == before

    def test_saving_what_nobody_asked_for_writes_it_back_as_it_was(self, customer: Customer) -> None:
        before = stored(customer), stored(customer, "email")
        read(customer).save()
        assert (stored(customer), stored(customer, "email")) == before


class TestQueries:
    def test_update_is_refused(self, customer: Customer) -> None:
        with (
            pytest.raises(TypeError, match=r"^customer\.phone is encrypted row by row: save it with"),
            transaction.atomic(),
        ):
            Customer.objects.update(phone="+1")
        assert read(customer).phone == PHONE

    def test_bulk_update_is_refused(self, customer: Customer) -> None:
        customer.phone = "+1"
        with pytest.raises(TypeError, match="encrypted row by row"):
            Customer.objects.bulk_update([customer], ["phone"])

    def test_comparing_is_refused(self) -> None:
        with pytest.raises(TypeError, match="find it by its blind index"):
            Customer.objects.filter(phone=PHONE).exists()

    def test_values_show_no_plaintext(self, customer: Customer) -> None:
        assert PHONE not in repr(list(Customer.objects.values("phone")))

    def test_serialising_is_refused(self, customer: Customer) -> None:
        with pytest.raises(TypeError, match=r"customer\.phone is not serialised in the clear"):
            serializers.serialize("json", [customer])


def with_wrong_key(customer: Customer, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [key_of("z")]


def tampered(customer: Customer, settings: Settings) -> None:
    sealed = bytearray(stored(customer))
    sealed[-1] ^= 1
    write(customer, bytes(sealed))


def swapped_with_another_row(customer: Customer, settings: Settings) -> None:
    write(customer, stored(make_customer(phone="+1")))


def swapped_with_another_column(customer: Customer, settings: Settings) -> None:
    write(customer, stored(customer, "email"))


def written_in_the_clear(customer: Customer, settings: Settings) -> None:
    write(customer, PHONE.encode())


def emptied(customer: Customer, settings: Settings) -> None:
    write(customer, b"")


DAMAGES = [
    with_wrong_key,
    tampered,
    swapped_with_another_row,
    swapped_with_another_column,
    written_in_the_clear,
    emptied,
]


@pytest.mark.parametrize("damage", DAMAGES)
class TestUnreadable:
    def test_it_is_marked_and_its_neighbours_show(self, customer: Customer, settings: Settings, damage: Any) -> None:
        damage(customer, settings)
        neighbour = make_customer(phone="+44")
        shown = {row.pk: row.phone for row in Customer.objects.all()}
        assert isinstance(shown[customer.pk], Unreadable)
        assert str(shown[customer.pk]) == "⚠ unreadable"
        assert shown[neighbour.pk] == "+44"

    def test_it_is_logged_without_the_value(
        self, customer: Customer, settings: Settings, damage: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        damage(customer, settings)
        with caplog.at_level(logging.DEBUG):
            str(read(customer).phone)
        (record,) = (record for record in caplog.records if record.name == "crm.encrypted_fields")
        assert record.levelno == logging.ERROR
        assert record.getMessage().startswith(f"Row {customer.pk} is unreadable: customer.phone: ")
        assert "1234" not in caplog.text

    def test_it_is_not_written_back(self, customer: Customer, settings: Settings, damage: Any) -> None:
        damage(customer, settings)
        before = stored(customer)
        again = read(customer)
        str(again.phone)
        refusal = r"^customer\.phone of row \d+ could not be decrypted, so it is not overwritten"
        with pytest.raises(ValueError, match=refusal), transaction.atomic():
            again.save()
        again.save(update_fields=["name"])
        assert stored(customer) == before

    def test_unopened_it_survives_a_save(self, customer: Customer, settings: Settings, damage: Any) -> None:
        damage(customer, settings)
        before = stored(customer)
        read(customer).save()
        assert stored(customer) == before

    def test_a_value_typed_anew_takes_its_place(self, customer: Customer, settings: Settings, damage: Any) -> None:
        damage(customer, settings)
        again = read(customer)
        again.set_phone("+20 11 1111 1111")
        again.save(update_fields=["phone", "phone_key"])
        assert read(customer).phone == "+20 11 1111 1111"


class TestTheMark:
    def test_it_is_never_stored_as_if_it_were_a_value(self, customer: Customer) -> None:
        customer.phone = str(Unreadable())
        with pytest.raises(ValueError, match="not overwritten"), transaction.atomic():
            customer.save()
        with pytest.raises(ValueError, match="not overwritten"), transaction.atomic():
            Customer.objects.bulk_create([Customer(phone=MARK)])
        assert read(customer).phone == PHONE

    def test_a_form_that_brings_it_back_is_refused(self, customer: Customer) -> None:
        form = modelform_factory(Customer, fields=["phone"])({"phone": MARK}, instance=customer)
        assert form.errors == {"phone": ["Cannot be decrypted with our keys, so it is left as it is."]}

    def test_it_stays_itself_in_copies(self) -> None:
        for copied in (copy.deepcopy(Unreadable()), pickle.loads(pickle.dumps(Unreadable()))):  # noqa: S301 - ours
            assert isinstance(copied, Unreadable)
            assert copied == MARK

    def test_json_that_is_none_is_unreadable(self, caplog: pytest.LogCaptureFixture) -> None:
        channel = make_channel()
        field = Channel._meta.get_field("credentials")
        assert isinstance(field, EncryptedField)
        field.json = False
        try:
            channel.credentials = "marker, no JSON"
            channel.save()
        finally:
            field.json = True
        assert isinstance(Channel.objects.get(pk=channel.pk).credentials, Unreadable)
        assert "channel.credentials: what was encrypted is not of its type" in caplog.text
        assert "marker" not in caplog.text


class TestOlderKeys:
    @pytest.fixture(autouse=True)
    def _new_key(self, customer: Customer, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [key_of("z"), *settings.FIELD_ENCRYPTION_KEYS]

    def test_they_read(self, customer: Customer) -> None:
        assert read(customer).phone == PHONE

    @pytest.mark.parametrize("asked_for", [False, True])
    def test_a_save_writes_under_the_newest(self, customer: Customer, asked_for: bool) -> None:
        assert not is_newest(stored(customer))
        again = read(customer)
        assert not asked_for or again.phone == PHONE
        again.save()
        assert is_newest(stored(customer))
        assert read(customer).phone == PHONE


class TestForms:
    def test_text_and_json_are_edited_as_such(self) -> None:
        assert modelform_factory(Customer, fields=["phone"])().fields["phone"].clean(" +1 ") == "+1"
        assert modelform_factory(Channel, fields=["credentials"])().fields["credentials"].clean('{"a": ["b"]}') == {
            "a": ["b"]
        }
        with pytest.raises(ValidationError):
            modelform_factory(Channel, fields=["credentials"])().fields["credentials"].clean("{")


def test_all_of_them_are_found() -> None:
    found = {f"{model._meta.label}.{field.name}" for model, field in encrypted_fields()}
    assert found >= {
        "crm.Channel.credentials",
        "crm.Customer.email",
        "crm.Customer.phone",
        "crm.IdentityKey.value",
        "crm.KeyCanary.value",
        "crm.Setting.sensitive_value",
        "messaging.WebhookDelivery.body",
    }
