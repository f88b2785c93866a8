"""Who is suggested as a duplicate, and who is not."""

from typing import Any

import pytest

from crm import duplicates
from crm.duplicates import dismiss, suggestions
from crm.merging import MergeRefused, merge_customers
from crm.models import Channel, Customer
from crm.tests.factories import make_channel, make_customer, make_identity, make_user

pytestmark = pytest.mark.django_db
FACE, OTHER_FACE = "https://cdn.example.com/face.jpg", "https://cdn.example.com/other.jpg"


def on(platform: str, name: str, picture: str = "") -> Customer:
    """Return a customer of this name on an account of the platform."""
    channel = Channel.objects.filter(platform=platform).first() or make_channel(platform)
    customer = make_customer(name=name)
    make_identity(channel, customer=customer, profile={"profile_pic": picture} if picture else {})
    return customer


def found() -> list[tuple[str, str, str]]:
    names = dict(Customer.objects.values_list("pk", "name"))
    return [(names[pair.first_id], names[pair.second_id], pair.reason) for pair in suggestions()]


def test_the_same_phone_or_e_mail_however_written() -> None:
    make_customer(name="Ana", phone="+20 101 234 5678", email="ana@mail.example")
    make_customer(name="A.", phone="01012345678")
    make_customer(name="Ana M.", email="ANA@mail.example")
    make_customer(name="Somebody else", phone="+20 101 234 5679", email="else@mail.example")
    assert found() == [("Ana", "A.", "phone"), ("Ana", "Ana M.", "email")]


def test_the_same_name_however_typed_on_two_platforms() -> None:
    on("messenger", "أحمد فتحي")
    on("whatsapp", "احمد فتحى")
    assert found() == [("أحمد فتحي", "احمد فتحى", "name")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("messenger", "Ana"), ("messenger", "Ana")),
        (("messenger", "Ana", FACE), ("instagram", "Ana", OTHER_FACE)),
        (("messenger", "Ana"), ("instagram", "Anna")),
        (("messenger", ""), ("instagram", "")),
    ],
)
def test_not_on_one_platform_nor_with_another_picture_or_name(one: Any, other: Any) -> None:
    on(*one)
    on(*other)
    assert found() == []


@pytest.mark.parametrize("pictures", [(FACE + "?sig=1", FACE + "?sig=2"), (FACE, ""), ("", "")])
def test_the_same_picture_is_asked_for_only_where_both_have_one(pictures: tuple[str, str]) -> None:
    on("messenger", "Ana", pictures[0])
    on("instagram", "Ana", pictures[1])
    assert found() == [("Ana", "Ana", "name")]


def test_somebody_without_any_account_is_not_suggested_by_name() -> None:
    make_customer(name="Ana")
    on("messenger", "Ana")
    assert found() == []


def test_namesakes_tell_nothing() -> None:
    for platform in ("messenger", "instagram", "whatsapp", "telegram", "twilio"):
        on(platform, "Mona")
    assert len(found()) == 10
    make_customer(name="Mona")
    assert found() == []


def test_one_pair_is_suggested_once_by_its_surest_sign() -> None:
    for platform in ("messenger", "whatsapp"):
        customer = on(platform, "Ana")
        customer.set_phone("+201012345678")
        customer.set_email("ana@mail.example")
        customer.save()
    assert found() == [("Ana", "Ana", "phone")]


def test_whoever_was_dismissed_or_merged_is_suggested_no_more() -> None:
    boss = make_user()
    ana, anna, annie = (make_customer(name=name, phone="+201012345678") for name in ("Ana", "Anna", "Annie"))
    assert len(found()) == 3
    dismiss(customer_ids=[anna.pk, ana.pk], by=boss)
    dismiss(customer_ids=[ana.pk, anna.pk], by=boss)
    assert found() == [("Anna", "Annie", "phone"), ("Ana", "Annie", "phone")]
    merge_customers(kept_id=ana.pk, merged_id=annie.pk, by=boss)
    assert found() == []


@pytest.mark.parametrize("numbers", [[1], [1, 1], [1, 10**9]])
def test_only_two_customers_are_dismissed(numbers: list[int]) -> None:
    customer = make_customer()
    with pytest.raises(MergeRefused):
        dismiss(customer_ids=[customer.pk if number == 1 else number for number in numbers], by=make_user())


def test_who_is_alike_has_the_number_address_or_name() -> None:
    ana = make_customer(name="Ana", phone="+201012345678", email="a@mail.example")
    same = [
        make_customer(name="x", phone="+201012345678"),
        make_customer(name="y", email="a@mail.example"),
        make_customer(name="ANA"),
    ]
    make_customer(name="z")
    make_customer(name="Ana", merged_into=ana)
    assert set(duplicates.alike(ana)) == set(same)
    assert duplicates.alike(make_customer(name="")) == []
