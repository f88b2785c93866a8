"""Numbers and addresses are the same however they are written, and customers are found by them."""

import pytest

from crm.contact_details import canonical_phone, email_key, identity_key, phone_key
from crm.models import Customer
from crm.tests.factories import make_customer

EGYPT = ["+20 10 1234 5678", "0020-10-1234-5678", "201012345678", "01012345678", "010 1234 5678", "+20 (0)10 1234 5678"]
EGYPT_IN_ARABIC = [
    "٠١٠١٢٣٤٥٦٧٨",
    "+٢٠ ١٠ ١٢٣٤ ٥٦٧٨",
    "۰۱۰۱۲۳۴۵۶۷۸",
    "\u202a+20 10 1234 5678\u202c",
    "０１０１２３４５６７８",
]
SPELLINGS = {
    "201012345678": EGYPT + EGYPT_IN_ARABIC,
    "201112345678": ["01112345678", "+201112345678"],
    "201212345678": ["01212345678"],
    "201512345678": ["01512345678"],
    "5511987654321": ["+55 11 98765-4321", "551187654321", "0055 11 8765 4321"],
    "5585961234567": ["558561234567", "5585961234567"],
    "541123456789": ["+54 9 11 2345-6789", "541123456789", "5491123456789"],
    "525512345678": ["+52 1 55 1234 5678", "525512345678", "5215512345678"],
}
#: What looks like one of these and is not.
OTHERS = {
    "551132654321": "a Brazilian land line has eight digits",
    "55118765432": "too short for Brazil's ninth digit",
    "54911234567": "too short for Argentina's 9",
    "52155123456": "too short for Mexico's 1",
    "20101234567": "too short for Egypt",
    "01632960123": "a British number without its country code",
    "0101234567": "too short for an Egyptian mobile number",
    "12025550123": "North America",
    "9665012345678": "Saudi Arabia",
}
NO_PHONES = ["", "  ", "12345", "1234567890123456", "mona", "+20 10 1234 5678 ext 9", "رقم 01012345678", "@", "—"]


@pytest.mark.parametrize(("canonical", "typed"), [(key, text) for key, texts in SPELLINGS.items() for text in texts])
def test_spellings_of_a_number_become_one(canonical: str, typed: str) -> None:
    assert canonical_phone(typed) == canonical
    assert canonical_phone(canonical) == canonical
    assert phone_key(typed) == phone_key(canonical)
    assert identity_key("phone", typed) == identity_key("phone", canonical)


@pytest.mark.parametrize("number", OTHERS)
def test_other_numbers_stay_as_they_are(number: str) -> None:
    assert canonical_phone(number) == number


def test_different_numbers_have_different_keys() -> None:
    keys = {phone_key(number) for number in [*SPELLINGS, *OTHERS]}
    assert len(keys) == len(SPELLINGS) + len(OTHERS)


@pytest.mark.parametrize("text", NO_PHONES)
def test_what_is_no_number_has_no_key(text: str) -> None:
    assert phone_key(text) == b""


@pytest.mark.parametrize(
    "text", ["mona@example.com", " Mona@Example.COM ", "MONA@EXAMPLE.COM\n", "\u200emona@example.com"]
)
def test_addresses_are_the_same_in_any_case(text: str) -> None:
    assert email_key(text) == email_key("mona@example.com") != b""


@pytest.mark.parametrize("text", ["", "mona", "@", "mona@", "@mona", "mona.example.com"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert email_key(text) == b""


def test_the_same_id_of_another_kind_has_another_key() -> None:
    assert (
        len({identity_key("psid", "201012345678"), identity_key("igsid", "201012345678"), phone_key("201012345678")})
        == 3
    )


def test_ids_other_than_phones_are_taken_as_they_are() -> None:
    assert identity_key("user_id", "01012345678") != identity_key("user_id", "201012345678")
    assert identity_key("user_id", "Abc") != identity_key("user_id", "abc")


@pytest.mark.django_db
class TestCustomer:
    def test_set_phone_keeps_the_words_and_the_key(self) -> None:
        customer = make_customer()
        customer.set_phone("010 1234 5678")
        assert customer.phone == "010 1234 5678"
        assert customer.phone_key == phone_key("+201012345678")

    @pytest.mark.parametrize("text", NO_PHONES)
    def test_what_is_no_number_is_kept_but_not_found(self, text: str) -> None:
        customer = make_customer(phone=text)
        assert (customer.phone, customer.phone_key) == (text, None)

    def test_set_email_keeps_the_words_and_the_key(self) -> None:
        customer = make_customer()
        customer.set_email("Mona@Example.com")
        assert (customer.email, customer.email_key) == ("Mona@Example.com", email_key("mona@example.com"))
        customer.set_email("")
        assert (customer.email, customer.email_key) == ("", None)

    @pytest.mark.parametrize(
        ("canonical", "typed"), [(key, text) for key, texts in SPELLINGS.items() for text in texts]
    )
    def test_they_are_found_by_any_spelling_of_their_number(self, canonical: str, typed: str) -> None:
        customer = make_customer(name="Mona", phone=canonical)
        make_customer(name="Ana", phone="+1 202 555 0123")
        make_customer(name="Adel")
        assert list(Customer.objects.matching(typed)) == [customer]

    def test_they_are_not_found_by_a_part_of_their_number(self) -> None:
        make_customer(name="Mona", phone="+201012345678")
        assert not Customer.objects.matching("1234567").exists()

    @pytest.mark.parametrize("words", ["mona@example.com", "MONA@Example.com", " mona@example.com"])
    def test_they_are_found_by_their_address_in_any_case(self, words: str) -> None:
        customer = make_customer(name="Ana", email="Mona@example.COM")
        make_customer(name="Adel", email="adel@example.com")
        assert list(Customer.objects.matching(words)) == [customer]

    def test_nobody_is_found_for_having_neither(self) -> None:
        make_customer(name="Ana")
        assert not Customer.objects.matching("12345").exists()
        assert not Customer.objects.matching("@").exists()

    def test_a_number_in_a_name_is_found_too(self) -> None:
        customer = make_customer(name="Shop ٠١٠١٢٣٤٥٦٧٨")
        assert list(Customer.objects.matching("01012345678")) == [customer]

    def test_those_merged_into_others_can_be_left_out(self) -> None:
        kept = make_customer(name="Mona", phone="+201012345678")
        make_customer(name="Mona A", phone="+201012345678", merged_into=kept)
        assert list(Customer.objects.matching("01012345678").current()) == [kept]
