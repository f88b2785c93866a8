"""The pages about duplicates: suggested pairs, choosing by hand, the merges so far."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.merging import merge_customers
from crm.models import Customer, CustomerMerge, DuplicateDismissed
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
PAGE_QUERIES = 10


def decide(client: Client, *pair: Customer, **fields: Any) -> Any:
    return client.post(reverse("admin:duplicates_decide"), {"pair": [one.pk for one in pair], **fields})


class TestPages:
    def test_a_pair_is_shown_side_by_side_and_merged_into_whom_one_chose(self) -> None:
        manager = client_of(colleague("manager"))
        ana, anna = (make_customer(name=name, phone="+201012345678") for name in ("Ana", "Anna"))
        talk = make_conversation(make_identity(make_channel("whatsapp"), customer=ana), message_count=7)
        page = manager.get(reverse("admin:duplicates")).content.decode()
        assert "Same phone number" in page
        assert "••• 5678" in page
        assert "+201012345678" not in page
        assert "WhatsApp" in page
        assert "<span>Messages</span><span>7</span>" in page
        answer = decide(manager, ana, anna, stays=anna.pk, answer="same", reason="Same phone number")
        assert answer.headers["Location"] == reverse("admin:duplicates")
        merge = CustomerMerge.objects.get()
        assert (merge.kept, merge.merged, merge.reason) == (anna, ana, "Same phone number")
        talk.identity.refresh_from_db()
        assert talk.identity.customer == anna
        assert "No duplicates in sight" in manager.get(reverse("admin:duplicates")).content.decode()

        page = manager.get(reverse("admin:merges")).content.decode()
        assert "Ana" in page
        manager.post(reverse("admin:merge_undo", args=[merge.pk]))
        merge.refresh_from_db()
        assert merge.undone_at is not None
        assert "Undone" in manager.get(reverse("admin:merges")).content.decode()
        said = manager.post(reverse("admin:merge_undo", args=[merge.pk]), follow=True).content.decode()
        assert "This merge was undone before." in said

    def test_not_the_same_is_remembered(self) -> None:
        user = colleague("manager")
        ana, anna = (make_customer(name=name, phone="+201012345678") for name in ("Ana", "Anna"))
        decide(client_of(user), anna, ana, answer="different")
        assert DuplicateDismissed.objects.get().by == user
        assert not CustomerMerge.objects.exists()

    def test_merge_with_finds_whom_one_looks_for(self) -> None:
        manager = client_of(colleague("manager"))
        ana, other = make_customer(name="Ana"), make_customer(name="Maria", phone="+201012345678")
        url = reverse("admin:merge_with", args=[ana.pk])
        assert url in manager.get(reverse("admin:crm_customer_change", args=[ana.pk])).content.decode()
        assert "Nobody is alike" in manager.get(url).content.decode()
        for words in ("mari", "01012345678"):
            page = manager.get(url, {"q": words}).content.decode()
            assert f'name="stays" value="{other.pk}"' in page
        assert "Nothing found" in manager.get(url, {"q": "x\x00y"}).content.decode()
        answer = decide(manager, ana, other, stays=ana.pk, answer="same", back="customer")
        assert answer.headers["Location"] == reverse("admin:crm_customer_change", args=[ana.pk])
        assert manager.get(reverse("admin:merge_with", args=[other.pk])).status_code == 404

    @pytest.mark.parametrize(
        ("role", "status"),
        [("administrator", 200), ("manager", 200), ("seller", 403), ("viewer", 403), ("nobody", 403)],
    )
    def test_managers_merge_and_nobody_else(self, role: str, status: int) -> None:
        client = client_of(colleague(role))
        ana, anna = make_customer(), make_customer()
        merge = merge_customers(kept_id=make_customer().pk, merged_id=make_customer().pk, by=make_user())
        for url in (reverse("admin:duplicates"), reverse("admin:merges"), reverse("admin:merge_with", args=[ana.pk])):
            assert client.get(url).status_code == status
        expected = 302 if status == 200 else status
        assert decide(client, ana, anna, stays=ana.pk, answer="same").status_code == expected
        assert client.post(reverse("admin:merge_undo", args=[merge.pk])).status_code == expected
        assert CustomerMerge.objects.filter(undone_at=None).count() == 1
        assert Customer.objects.filter(merged_into=ana).exists() == (status == 200)

    @pytest.mark.parametrize("numbers", [[], ["1"], ["x", "y"], ["²", "1"], ["9" * 30, "1"], ["-1", "1"]])
    def test_strange_numbers_are_not_found(self, numbers: list[str]) -> None:
        client = client_of(colleague("manager"))
        assert client.post(reverse("admin:duplicates_decide"), {"pair": numbers}).status_code == 404
        assert client.post(reverse("admin:merge_undo", args=[10**12])).status_code == 404
        assert client.get(reverse("admin:duplicates_decide")).status_code == 405

    def test_whom_one_may_not_see_one_may_not_merge(self) -> None:
        user = colleague("seller")
        user.user_permissions.add(permission("merge_customer"))
        client = client_of(user)
        mine, theirs = (
            make_customer(owner=user, phone="+201012345678"),
            make_customer(owner=make_user(), phone="+201012345678"),
        )
        assert "No duplicates in sight" in client.get(reverse("admin:duplicates")).content.decode()
        assert decide(client, mine, theirs, stays=mine.pk, answer="same").status_code == 404
        assert client.get(reverse("admin:merge_with", args=[theirs.pk])).status_code == 404
        merge = merge_customers(kept_id=theirs.pk, merged_id=make_customer().pk, by=make_user())
        assert client.post(reverse("admin:merge_undo", args=[merge.pk])).status_code == 404

    def test_few_queries_however_many_pairs(self) -> None:
        client = client_of(colleague("manager"))
        for number in range(12):
            for _twice in range(2):
                customer = make_customer(phone=f"+2010123456{number:02}", owner=make_user())
                make_message(make_conversation(make_identity(make_channel(), customer=customer)))
        for number in range(0, 10, 2):
            first, second = Customer.objects.order_by("pk")[number : number + 2]
            merge_customers(kept_id=first.pk, merged_id=second.pk, by=make_user())
        for url in (reverse("admin:duplicates"), reverse("admin:merges"), reverse("admin:merge_with", args=[first.pk])):
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            assert len(captured) <= PAGE_QUERIES, "\n".join(query["sql"] for query in captured)


def permission(codename: str) -> Any:
    return Permission.objects.get(codename=codename)
