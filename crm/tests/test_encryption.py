"""Sealing, opening and finding values."""

from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from crm.encryption import Undecryptable, blind_index, decode_key, decrypt, encrypt, is_newest
from crm.tests.keys import key_of

ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
LABEL = "customer.phone"
PLAIN = b"+20 10 1234 5678"


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [key_of("a")]
    settings.BLIND_INDEX_KEY = key_of("i")


@pytest.mark.parametrize("plain", [b"", b"\x00\xff", PLAIN, "٠١٢".encode(), b"x" * 1_048_576])
def test_what_is_sealed_opens_for_its_row_and_field(plain: bytes) -> None:
    assert decrypt(LABEL, ROW, encrypt(LABEL, ROW, plain)) == plain


def test_equal_values_look_different() -> None:
    assert encrypt(LABEL, ROW, PLAIN) != encrypt(LABEL, ROW, PLAIN)


def test_nothing_of_the_value_shows() -> None:
    sealed = encrypt(LABEL, ROW, PLAIN)
    assert len(sealed) == 1 + 4 + 12 + len(PLAIN) + 16
    assert not any(PLAIN[start : start + 4] in sealed for start in range(len(PLAIN) - 3))


@pytest.mark.parametrize(("label", "row"), [("customer.email", ROW), (LABEL, OTHER_ROW)])
def test_it_opens_nowhere_else(label: str, row: UUID) -> None:
    with pytest.raises(Undecryptable, match=f"^{label}: damaged, or written for another row$"):
        decrypt(label, row, encrypt(LABEL, ROW, PLAIN))


def test_any_flipped_bit_is_noticed() -> None:
    sealed = encrypt(LABEL, ROW, b"+20")
    for position in range(len(sealed) * 8):
        bits = bytearray(sealed)
        bits[position // 8] ^= 1 << position % 8
        with pytest.raises(Undecryptable):
            decrypt(LABEL, ROW, bytes(bits))


def test_any_shortening_is_noticed() -> None:
    sealed = encrypt(LABEL, ROW, b"+20")
    for length in range(len(sealed)):
        with pytest.raises(Undecryptable):
            decrypt(LABEL, ROW, sealed[:length])


def test_plaintext_is_no_ciphertext() -> None:
    with pytest.raises(Undecryptable, match="not encrypted with a key we have"):
        decrypt(LABEL, ROW, PLAIN)


class TestRotation:
    def test_an_older_key_still_reads_and_the_newest_writes(self, settings: Settings) -> None:
        old = encrypt(LABEL, ROW, PLAIN)
        settings.FIELD_ENCRYPTION_KEYS = [key_of("b"), key_of("a")]
        assert decrypt(LABEL, ROW, old) == PLAIN
        new = encrypt(LABEL, ROW, PLAIN)
        settings.FIELD_ENCRYPTION_KEYS = [key_of("b")]
        assert decrypt(LABEL, ROW, new) == PLAIN
        with pytest.raises(Undecryptable):
            decrypt(LABEL, ROW, old)

    def test_it_is_told_which_are_under_the_newest(self, settings: Settings) -> None:
        old = encrypt(LABEL, ROW, PLAIN)
        assert is_newest(old)
        settings.FIELD_ENCRYPTION_KEYS = [key_of("b"), key_of("a")]
        assert not is_newest(old)
        assert is_newest(encrypt(LABEL, ROW, PLAIN))
        assert not is_newest(b"")

    def test_an_index_stays(self, settings: Settings) -> None:
        before = blind_index("phone", "201012345678")
        settings.FIELD_ENCRYPTION_KEYS = [key_of("b"), key_of("a")]
        assert blind_index("phone", "201012345678") == before


class TestBlindIndex:
    def test_it_is_the_same_every_time_and_short(self) -> None:
        assert blind_index("phone", "1") == blind_index("phone", b"1")
        assert len(blind_index("phone", "1")) == 16

    @pytest.mark.parametrize(("purpose", "value"), [("phone", "2"), ("email", "1"), ("phon", "e1"), ("phone1", "")])
    def test_purpose_and_value_both_count(self, purpose: str, value: str) -> None:
        assert blind_index(purpose, value) != blind_index("phone", "1")

    def test_it_depends_on_the_key(self, settings: Settings) -> None:
        before = blind_index("phone", "1")
        settings.BLIND_INDEX_KEY = key_of("j")
        assert blind_index("phone", "1") != before

    def test_lone_surrogates_do_not_break_it(self) -> None:
        assert blind_index("message", "\ud83d") != blind_index("message", "\ud83e")


class TestKeys:
    @pytest.mark.parametrize("text", ["", "no base64!", key_of("a")[:-8], key_of("a") + "AAAA", "ключ"])
    def test_what_is_no_key_is_refused_without_showing_it(self, text: str) -> None:
        with pytest.raises(
            ImproperlyConfigured, match=r"^BLIND_INDEX_KEY needs keys of 32 bytes in URL-safe base64\.$"
        ):
            decode_key(text, "BLIND_INDEX_KEY")

    def test_both_alphabets_of_base64_do(self) -> None:
        assert decode_key("-_" + "A" * 41 + "=", "X") == decode_key("+/" + "A" * 41 + "=", "X")

    def test_none_at_all_is_said(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = []
        with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS is empty"):
            encrypt(LABEL, ROW, PLAIN)
