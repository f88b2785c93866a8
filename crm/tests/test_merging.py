"""Merging customers: what the one who stays takes over, what is refused, and the pages for it."""

import pytest
from django.db import connection

from crm.contact_details import phone_key
from crm.merging import MergeRefused, merge_customers, undo_merge
from crm.models import Customer, CustomerMerge, Tag, User
from crm.services import add_note, tag_customer
from crm.tests.factories import make_customer, make_identity, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return make_user("boss@shop.example")


def after_merge(kept: Customer, merged: Customer, by: User) -> Customer:
    merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=by)
    return Customer.objects.get(pk=kept.pk)


class TestWhatStays:
    def test_what_only_the_other_has_is_taken_over(self, boss: User) -> None:
        merged = make_customer(
            name="Mona", phone="+20 10 1234 5678", email="mona@mail.example", label="hot", trade="wholesale", governorate="giza",
            city="Dokki", language="ar", owner=boss, last_message_at="2026-05-04T12:00Z", read_from={"label": {"by": 1}},
        )  # fmt: skip
        kept = after_merge(make_customer(name=""), merged, boss)
        for name in (
            "name",
            "phone",
            "email",
            "label",
            "trade",
            "governorate",
            "city",
            "language",
            "owner",
            "read_from",
        ):
            assert getattr(kept, name) == getattr(merged, name), name
        assert bytes(kept.phone_key or b"") == phone_key("+201012345678")
        assert kept.last_message_at is not None

    def test_what_both_have_stays_that_of_the_one_who_stays(self, boss: User) -> None:
        merged = make_customer(name="Other", phone="+201000000002", label="cold", governorate="cairo", city="Maadi")
        kept = after_merge(
            make_customer(name="Mona", phone="+201000000001", label="hot", governorate="giza"), merged, boss
        )
        assert (kept.name, kept.phone, kept.label, kept.governorate, kept.city) == (
            "Mona",
            "+201000000001",
            "hot",
            "giza",
            "",
        )

    def test_what_a_colleague_said_outweighs_a_rule(self, boss: User) -> None:
        by_rule, by_person = {"label": {"at": "x", "message": 1}}, {"label": {"by": boss.pk}}
        merged = make_customer(label="cold", read_from=by_person)
        kept = after_merge(make_customer(label="hot", read_from=by_rule), merged, boss)
        assert (kept.label, kept.read_from) == ("cold", by_person)
        merged = make_customer(label="warm", read_from=by_person)
        kept = after_merge(make_customer(label="hot", read_from=by_person), merged, boss)
        assert kept.label == "hot"

    @pytest.mark.parametrize(("ours", "theirs", "becomes"), [("new", "vip", "vip"), ("vip", "returning", "vip")])
    def test_the_type_that_more_sales_make(self, boss: User, ours: str, theirs: str, becomes: str) -> None:
        assert after_merge(make_customer(type=ours), make_customer(type=theirs), boss).type == becomes

    def test_the_newest_profile_names_them_unless_a_colleague_did(self, boss: User) -> None:
        older, newer = "2026-05-04T12:00Z", "2026-06-04T12:00Z"
        for ours, theirs, becomes in (
            ((older), (newer), "Theirs"),
            ((newer), (older), "Ours"),
            ((None), (newer), "Ours"),
            ((older), (None), "Theirs"),
        ):
            kept, merged = make_customer(name="Ours", name_at=ours), make_customer(name="Theirs", name_at=theirs)
            assert after_merge(kept, merged, boss).name == becomes

    def test_whoever_was_blocked_stays_blocked(self, boss: User) -> None:
        assert after_merge(make_customer(), make_customer(blocked=True), boss).blocked

    def test_the_other_number_still_finds_them(self, boss: User) -> None:
        merged = make_customer(phone="+201000000002")
        kept = after_merge(make_customer(phone="+201000000001"), merged, boss)
        for phone in ("+201000000001", "01000000002"):
            assert list(Customer.objects.current().matching(phone)) == [kept]

    def test_nor_does_a_second_merge_lose_the_first_number(self, boss: User) -> None:
        first, second = make_customer(phone="+201000000001"), make_customer(phone="+201000000002")
        kept = make_customer(phone="+201000000003")
        for stays, goes in ((second, first), (kept, second)):
            merge_customers(kept_id=stays.pk, merged_id=goes.pk, by=boss)
        for phone in ("+201000000001", "+201000000002", "+201000000003"):
            assert list(Customer.objects.current().matching(phone)) == [kept]

    def test_an_unreadable_number_is_left_where_it_is(self, boss: User) -> None:
        merged = make_customer(phone="+201000000002")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_customer SET phone = %s WHERE id = %s", [b"tampered", merged.pk])
        kept = after_merge(make_customer(), merged, boss)
        assert (kept.phone, kept.phone_key) == ("", None)


class TestAfterwards:
    """What comes from pages that were opened before the merge."""

    def test_a_note_and_a_tag_go_to_the_one_who_stays(self, boss: User) -> None:
        kept, merged, tag = make_customer(), make_customer(), Tag.objects.create(name="VIP")
        third = make_customer()
        merge_customers(kept_id=third.pk, merged_id=merged.pk, by=boss)
        merge_customers(kept_id=kept.pk, merged_id=third.pk, by=boss)
        add_note(customer=merged, author=boss, text="Wants it in blue")
        assert tag_customer(customer_id=merged.pk, tag=tag)
        assert [note.text for note in kept.notes.all()] == ["Wants it in blue"]
        assert list(kept.tags.all()) == [tag]
        assert not merged.tags.exists()
        assert not merged.notes.exists()

    def test_a_tag_that_the_other_was_given_all_the_same_does_not_keep_it_from_being_undone(self, boss: User) -> None:
        kept, merged, tag = make_customer(), make_customer(), Tag.objects.create(name="VIP")
        merged.tags.add(tag)
        merge = merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss)
        merged.tags.add(tag)
        undo_merge(merge_id=merge.pk, by=boss)
        assert list(merged.tags.all()) == [tag]


class TestRefusals:
    def test_a_customer_with_themselves_a_merged_one_and_nobody(self, boss: User) -> None:
        ana, mona, third = make_customer(name="Ana"), make_customer(name="Mona"), make_customer()
        for number, words in ((ana.pk, "two different"), (10**9, "not there")):
            with pytest.raises(MergeRefused, match=words):
                merge_customers(kept_id=ana.pk, merged_id=number, by=boss)
        merge_customers(kept_id=ana.pk, merged_id=mona.pk, by=boss)
        for kept, merged in ((mona, third), (third, mona), (ana, mona)):
            with pytest.raises(MergeRefused, match="Mona was merged"):
                merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss)
        assert CustomerMerge.objects.count() == 1

    def test_what_a_platform_shows_to_be_one_is_not_undone(self, boss: User) -> None:
        record = merge_customers(kept_id=make_customer().pk, merged_id=make_customer().pk, by=None)
        with pytest.raises(MergeRefused, match="The platform itself"):
            undo_merge(merge_id=record.pk, by=boss)

    def test_nor_after_an_identity_of_theirs_was_joined(self, boss: User) -> None:
        identity = make_identity()
        record = merge_customers(kept_id=make_customer().pk, merged_id=identity.customer_id, by=boss)
        identity.delete()
        with pytest.raises(MergeRefused, match="showed since"):
            undo_merge(merge_id=record.pk, by=boss)
