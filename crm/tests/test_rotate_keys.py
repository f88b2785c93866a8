"""Rotating keys: everything comes under the newest, whatever else goes on."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from crm import key_rotation
from crm.canary import check_keys, create_canary
from crm.encrypted_fields import EncryptedField, encrypted_fields
from crm.encryption import decrypt, is_newest
from crm.key_rotation import Rotation, rotate_keys
from crm.models import Channel, Customer, IdentityKey, KeyCanary, Setting
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.keys import key_of

OLD, NEW = key_of("o"), key_of("n")


@pytest.fixture(autouse=True)
def _old_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


def ciphertexts() -> dict[tuple[str, int], bytes]:
    """Return every encrypted value as it lies in its table, by field and row."""
    found: dict[tuple[str, int], bytes] = {}
    for model, field in encrypted_fields():
        for pk, sealed in model._base_manager.values_list("pk", field.attname):
            if sealed is not None:
                found[f"{model.__name__}.{field.name}", pk] = sealed.ciphertext
    return found


def results(rotations: list[Rotation]) -> dict[str, tuple[int, int, int]]:
    """Return what was rotated, left and unreadable, where there was anything."""
    counts = {rotation.name: (rotation.rotated, rotation.left, rotation.unreadable) for rotation in rotations}
    return {name: count for name, count in counts.items() if any(count)}


@pytest.mark.django_db
class TestAlone:
    @pytest.fixture(autouse=True)
    def _world(self) -> None:
        customer = make_customer(phone="+201012345678", email="mona@example.com")
        make_identity(make_channel(credentials={"app_secret": ["s"]}), customer=customer, key=("psid", "7"))
        Setting.objects.create(key="a", sensitive_value="secret")
        Setting.objects.create(key="b", value=1)
        create_canary()

    def test_every_field_of_every_model_comes_under_the_newest(self, settings: Settings) -> None:
        before = ciphertexts()
        assert {name for name, _ in before} == {
            "Channel.credentials",
            "Customer.email",
            "Customer.phone",
            "IdentityKey.value",
            "KeyCanary.value",
            "Setting.sensitive_value",
        }
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        rotations = rotate_keys()
        assert sum(rotation.rotated for rotation in rotations) == len(before)
        assert {rotation.name for rotation in rotations} == {f"{m._meta.label}.{f.name}" for m, f in encrypted_fields()}
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        assert all(is_newest(sealed) for sealed in ciphertexts().values())
        assert ciphertexts().keys() == before.keys()
        assert (Customer.objects.get().phone, Customer.objects.get().email) == ("+201012345678", "mona@example.com")
        assert Channel.objects.get().credentials == {"app_secret": ["s"]}
        assert IdentityKey.objects.get().value == "7"
        assert Setting.objects.get(key="a").sensitive_value == "secret"
        check_keys()

    def test_nothing_else_is_touched(self, settings: Settings) -> None:
        def rest() -> list[Any]:
            names = [f.attname for f in Customer._meta.concrete_fields if not isinstance(f, EncryptedField)]
            return [*Customer.objects.values(*names), *KeyCanary.objects.values("key", "updated_at")]

        before = rest()
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        rotate_keys()
        assert rest() == before
        assert list(Customer.objects.matching("010 1234 5678")) == [Customer.objects.get()]

    def test_a_second_time_nothing_is_written(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        rotate_keys()
        before = ciphertexts()
        assert results(rotate_keys()) == {}
        assert ciphertexts() == before

    def test_it_goes_on_where_it_was_interrupted(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(9):
            make_customer(phone=f"+20101234567{number}")
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        monkeypatch.setattr(key_rotation, "BATCH", 3)

        class Interrupting:
            batches = 0

            def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
                if "SKIP LOCKED" in str(sql):
                    self.batches += 1
                    if self.batches == 3:
                        raise KeyboardInterrupt
                return execute(sql, params, many, context)

        with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(Interrupting()):
            rotate_keys()
        done = {key for key, sealed in ciphertexts().items() if is_newest(sealed)}
        assert 0 < len(done) < len(ciphertexts())
        rotated = sum(rotation.rotated for rotation in rotate_keys())
        assert rotated == len(ciphertexts()) - len(done)
        assert all(is_newest(sealed) for sealed in ciphertexts().values())

    def test_unreadable_values_are_counted_and_stay(
        self, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = make_customer(phone="+1")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_customer SET phone = 'plain' WHERE id = %s", [broken.pk])
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        with pytest.raises(CommandError) as refusal:
            call_command("rotate_keys")
        assert str(refusal.value) == (
            f"crm.Customer.phone: 1 cannot be decrypted (rows {broken.pk}).\nKeep the older keys."
        )
        assert "7 values in 9 fields were brought under the newest key." in capsys.readouterr().out
        assert ciphertexts()["Customer.phone", broken.pk] == b"plain"

    def test_a_value_damaged_under_the_newest_key_is_counted_too(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        rotate_keys()
        with connection.cursor() as cursor:
            cursor.execute(r"UPDATE crm_customer SET email = set_byte(email, 20, 255 - get_byte(email, 20))")
        assert results(rotate_keys()) == {"crm.Customer.email": (0, 0, 1)}

    def test_many_unreadable_rows_are_named_in_part(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(key_rotation, "BATCH", 5)
        Customer.objects.bulk_create([Customer(phone=str(number)) for number in range(12)])
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_customer SET phone = 'plain'")
        (phones,) = (rotation for rotation in rotate_keys() if rotation.name == "crm.Customer.phone")
        assert phones.unreadable == Customer.objects.count() == 13
        assert phones.unreadable_rows == sorted(Customer.objects.values_list("pk", flat=True))[:10]

    def test_a_script_can_read_the_result(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        call_command("rotate_keys", json=True)
        (phones,) = (each for each in json.loads(capsys.readouterr().out) if each["name"] == "crm.Customer.phone")
        assert phones == {"name": "crm.Customer.phone", "rotated": 1, "left": 0, "unreadable": 0, "unreadable_rows": []}

    def test_wrong_keys_are_refused(self, settings: Settings) -> None:
        before = ciphertexts()
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        with pytest.raises(CommandError, match="FIELD_ENCRYPTION_KEYS cannot be right"):
            call_command("rotate_keys")
        assert ciphertexts() == before


class Writer(threading.Thread):
    """Somebody who goes on changing phones and labels of customers, and notes the last phone of each."""

    def __init__(self, customers: list[int]) -> None:
        super().__init__()
        self.customers, self.last = customers, dict[int, str]()
        self.stop = threading.Event()
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self._write()
        except Exception as error:
            self.failure = error
        finally:
            connection.close()

    def _write(self) -> None:
        number = 0
        while not self.stop.is_set():
            for pk in reversed(self.customers):
                number += 1
                with transaction.atomic():
                    row = Customer.objects.select_for_update().get(pk=pk)
                    row.phone = self.last[pk] = f"+20101{number:07d}"
                    row.save(update_fields=["phone"])
                    Customer.objects.filter(pk=pk).update(label="hot" if number % 2 else "cold")


@pytest.mark.django_db(transaction=True)
class TestBesideOthers:
    @pytest.fixture
    def customers(self) -> list[int]:
        made = Customer.objects.bulk_create(Customer(phone=f"+2010{number:08d}") for number in range(300))
        return [customer.pk for customer in made]

    @pytest.fixture
    def writers(self, customers: list[int]) -> Iterator[list[Writer]]:
        found = [Writer(customers[:100]), Writer(customers[150:250])]
        for writer in found:
            writer.start()
        yield found
        for writer in found:
            writer.stop.set()
            writer.join()

    def test_nothing_that_others_write_is_lost(
        self, customers: list[int], writers: list[Writer], settings: Settings
    ) -> None:
        time.sleep(0.2)
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        found = results(rotate_keys())
        for writer in writers:
            writer.stop.set()
            writer.join()
            assert writer.failure is None
        assert found["crm.Customer.phone"][1:] == (0, 0)
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        expected = {pk: f"+2010{number:08d}" for number, pk in enumerate(customers)}
        expected |= {pk: phone for writer in writers for pk, phone in writer.last.items()}
        assert {row.pk: row.phone for row in Customer.objects.all()} == expected

    def test_a_value_changed_since_it_was_read_is_not_overwritten(
        self, customers: list[int], settings: Settings
    ) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        first = customers[0]
        changed = False

        def change_before(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal changed
            if "SKIP LOCKED" in str(sql) and not changed:
                changed = True
                row = Customer.objects.get(pk=first)
                row.phone = "+1"
                row.save(update_fields=["phone"])
            return execute(sql, params, many, context)

        with connection.execute_wrapper(change_before):
            found = results(rotate_keys())
        assert changed
        assert Customer.objects.get(pk=first).phone == "+1"
        assert found["crm.Customer.phone"] == (len(customers) - 1, 0, 0)

    def test_a_row_that_is_held_is_done_when_it_is_let_go(self, customers: list[int], settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        held, let_go = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                list(Customer.objects.select_for_update().filter(pk=customers[0]))
                held.set()
                let_go.wait(10)
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(10)
        threading.Timer(0.4, let_go.set).start()
        started = time.monotonic()
        found = results(rotate_keys())
        holder.join()
        assert time.monotonic() - started > 0.35
        assert found["crm.Customer.phone"] == (len(customers), 0, 0)

    def test_a_row_that_is_never_let_go_is_told(
        self, customers: list[int], settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(key_rotation, "ROUNDS", 2)
        monkeypatch.setattr(key_rotation, "PAUSE_SECONDS", 0.01)
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM crm_customer WHERE id = ANY(%s) FOR UPDATE", [customers[:2]])
            with pytest.raises(CommandError, match=r"crm\.Customer\.phone: 2 are under an older key still"):
                call_command("rotate_keys")
        finally:
            other.close()
        call_command("rotate_keys")
        assert all(is_newest(sealed) for sealed in ciphertexts().values())

    def test_what_a_process_with_the_old_key_writes_meanwhile_is_done_too(
        self, customers: list[int], settings: Settings
    ) -> None:
        row = Customer.objects.get(pk=customers[0])
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        wrote = False

        def write_behind(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal wrote
            result = execute(sql, params, many, context)
            if "SKIP LOCKED" in str(sql) and not wrote:
                wrote = True
                settings.FIELD_ENCRYPTION_KEYS = [OLD]
                row.phone = "+1"
                row.save(update_fields=["phone"])
                settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
            return result

        with connection.execute_wrapper(write_behind):
            rotate_keys()
        sealed = ciphertexts()["Customer.phone", row.pk]
        assert decrypt("customer.phone", row.uid, sealed) == b"+1"
        assert is_newest(sealed)
