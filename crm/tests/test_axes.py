"""Guessing passwords."""

from typing import Any

import pytest
from django.conf import Settings as SettingsFile
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, ScryptPasswordHasher
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from crm.tests.factories import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "long enough for a test"


def log_in(client: Client, email: str, password: str, *, forwarded: str | None = None, address: str = "") -> int:
    """Return the status: 200 refused, 302 let in, 429 locked out."""
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    form = {"username": email, "password": password}
    return client.post("/admin/login/", form, headers=headers, REMOTE_ADDR=address or "127.0.0.1").status_code


def statuses_of_guesses(client: Client, email: str, number: int, forwarded: str) -> list[int]:
    return [log_in(client, email, f"guess {i}", forwarded=forwarded.format(i)) for i in range(number)]


def test_twenty_failures_lock_however_the_sender_names_himself(client: Client) -> None:
    user = make_user()
    statuses = statuses_of_guesses(client, user.email, 20, "203.0.113.{}")
    assert statuses == [200] * 9 + [429] * 11
    assert log_in(client, user.email, PASSWORD, forwarded="198.51.100.7") == 429


def test_the_account_is_locked_from_other_addresses_too(client: Client) -> None:
    user = make_user()
    statuses_of_guesses(client, user.email, 10, "")
    assert log_in(client, user.email, PASSWORD, address="198.51.100.7") == 429


def test_one_address_cannot_try_one_account_after_the_other(client: Client) -> None:
    statuses = [log_in(client, make_user().email, "guess") for _ in range(12)]
    assert statuses[-1] == 429


def test_the_account_is_one_however_it_is_spelt(client: Client) -> None:
    user = make_user("mona@shop.example")
    for i in range(10):
        log_in(client, "mona@shop.example"[:i].upper() + "mona@shop.example"[i:], "guess")
    assert log_in(client, user.email, PASSWORD, address="198.51.100.7") == 429


def test_behind_a_proxy_only_the_address_that_it_saw_counts(client: Client, settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    for i in range(10):
        log_in(client, make_user().email, "guess", forwarded=f"192.0.2.{i}, 203.0.113.9")
    user = make_user()
    assert log_in(client, user.email, PASSWORD, forwarded="192.0.2.99, 203.0.113.9") == 429
    assert log_in(client, user.email, PASSWORD, forwarded="203.0.113.10") == 302


@pytest.mark.parametrize("forwarded", ["", "nonsense", "192.0.2.1, nonsense"])
def test_a_header_that_names_no_address_counts_against_the_sender(
    client: Client, settings: Settings, forwarded: str
) -> None:
    settings.PROXY_COUNT = 1
    statuses = [log_in(client, make_user().email, "guess", forwarded=forwarded) for _ in "1" * 10]
    assert statuses == [200] * 9 + [429]


def test_nine_slips_and_the_right_password_are_fine(client: Client) -> None:
    user = make_user()
    statuses_of_guesses(client, user.email, 9, "")
    assert log_in(client, user.email, PASSWORD) == 302
    assert statuses_of_guesses(Client(), user.email, 9, "") == [200] * 9


def test_outside_of_tests_each_guess_takes_long() -> None:
    installation: Any = SettingsFile("config.settings")
    first, *_ = installation.PASSWORD_HASHERS
    assert issubclass(import_string(first), PBKDF2PasswordHasher | ScryptPasswordHasher | Argon2PasswordHasher)
