"""Doing something with many rows at once: what is asked, who may, what it says, and what it leaves behind."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client

from crm.admin import bulk, paging
from crm.models import Customer, Notification, Tag, User
from crm.tests.factories import make_customer, make_identity
from crm.tests.staff import logged_in, member
from leads.activities import Cause
from leads.models import ActivityKind, Lead, LeadActivity
from leads.services.stages import move_lead
from leads.tests.factories import make_lead, stage
from messaging.models import Conversation
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db
LEADS, CUSTOMERS, CONVERSATIONS = "/admin/leads/lead/", "/admin/crm/customer/", "/admin/messaging/conversation/"
#: What shows all rows of a list that begins with some.
ALL = {LEADS: "?owned=all&state=any", CUSTOMERS: "", CONVERSATIONS: "?status=any"}


@pytest.fixture
def seller() -> User:
    return member("seller", "North")


@pytest.fixture
def client(seller: User) -> Client:
    return logged_in(seller)


def make_leads(count: int, owner: User | None = None) -> list[Lead]:
    return [make_lead(make_customer(owner=owner), owner=owner) for _number in range(count)]


def start(client: Client, listing: str, action: str, rows: list[Any], query: str = "", **more: str) -> Any:
    """Tick rows and press the button of an action."""
    body = {"action": f"bulk_{action}", "index": "0", "_selected_action": [row.pk for row in rows], **more}
    return client.post(listing + query, body)


def run(client: Client, listing: str, action: str, rows: list[Any], **given: Any) -> str:
    """Do it all, and return what is said at the end."""
    page = start(client, listing, action, rows, ALL[listing])
    assert page.status_code == 200
    return finish(client, page, **given)


def finish(client: Client, page: Any, **given: Any) -> str:
    context = page.context
    body = {"ids": context["ids"], "query": context["query"], "tally": context["tally"], **given}
    answer = client.post(context["action_url"], body, follow=True)
    while "data-mc-goes-on" in answer.content.decode():
        body |= {name: answer.context[name] for name in ("ids", "tally")}
        answer = client.post(context["action_url"], body, follow=True)
    return said(answer)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def activities(kind: ActivityKind) -> list[tuple[int | None, str, str, int | None]]:
    found = LeadActivity.objects.filter(kind=kind).order_by("id")
    return list(found.values_list("lead_id", "old", "new", "actor_id"))


def test_leads_are_moved_with_an_activity_each(client: Client, seller: User) -> None:
    leads = make_leads(3, seller)
    move_lead(lead_id=leads[2].pk, to=stage("hot"), cause=Cause.person(seller))
    text = run(client, LEADS, "stage", leads, stage=stage("hot").pk)
    assert text == "2 moved to Hot; 1 were so already."
    assert {lead.stage.slug for lead in Lead.objects.all()} == {"hot"}
    moved = [(lead.pk, "intake", "hot", seller.pk) for lead in (leads[2], leads[0], leads[1])]
    assert activities(ActivityKind.STAGE_CHANGE) == moved


def test_a_lost_stage_asks_for_the_reason_once_for_all(client: Client, seller: User) -> None:
    leads = make_leads(2, seller)
    page = start(client, LEADS, "stage", leads)
    body = {"ids": page.context["ids"], "stage": stage("lost").pk, "query": ""}
    asked = client.post(page.context["action_url"], body)
    assert "Say why the leads are lost." in asked.content.decode()
    assert not LeadActivity.objects.exists()
    assert finish(client, page, stage=stage("lost").pk, lost_reason="price") == "2 moved to Lost."
    assert set(Lead.objects.values_list("outcome", "lost_reason")) == {("lost", "price")}


def test_refused_ones_are_counted_with_their_reason_and_the_others_go_on(client: Client, seller: User) -> None:
    customer = make_customer(owner=seller)
    won = make_lead(customer, owner=seller)
    move_lead(lead_id=won.pk, to=stage("converted"), cause=Cause.person(seller))
    current = make_lead(customer, owner=seller)
    others = make_leads(2, seller)
    text = run(client, LEADS, "stage", [won, *others], stage=stage("nurture").pk)
    assert text == "2 moved to Nurture; 1 refused: This customer has another open lead. Close that one first."
    assert {Lead.objects.get(pk=lead.pk).stage.slug for lead in others} == {"nurture"}
    assert Lead.objects.get(pk=won.pk).stage.slug == "converted"
    assert Lead.objects.get(pk=current.pk).stage.slug == "intake"


def test_leads_are_given_to_a_colleague_who_is_told(client: Client, seller: User) -> None:
    mate, leads = member("seller", "North"), make_leads(2, seller)
    assert run(client, LEADS, "owner", leads, owner=mate.pk) == f"2 given to {mate}."
    assert set(Lead.objects.values_list("owner", "team")) == {(mate.pk, mate.team_id)}
    assert set(Customer.objects.values_list("owner", flat=True)) == {mate.pk}
    assert Notification.objects.filter(user=mate).count() == 2
    assert len(activities(ActivityKind.ASSIGNMENT)) == 2
    assert run(client, LEADS, "owner", leads, owner="nobody") == "2 taken back."
    assert set(Lead.objects.values_list("owner", flat=True)) == {None}


def test_customers_of_leads_are_labelled_and_tagged(client: Client, seller: User) -> None:
    leads, tag = make_leads(2, seller), Tag.objects.create(name="Eid")
    assert run(client, LEADS, "label", leads, label="hot") == "2 labelled."
    assert [entry[1:] for entry in activities(ActivityKind.LABEL_CHANGE)] == [("", "hot", seller.pk)] * 2
    assert run(client, LEADS, "tag", leads, tag=tag.pk) == "2 tagged."
    assert run(client, LEADS, "tag", leads[:1], tag=tag.pk) == "0 tagged; 1 were so already."
    assert run(client, LEADS, "tag", leads[:1], tag=tag.pk, off="on") == "Tag taken off 1."
    assert [customer.tags.count() for customer in Customer.objects.order_by("pk")] == [0, 1]


def test_customers_are_given_labelled_and_tagged(client: Client, seller: User) -> None:
    mate, tag = member("seller", "North"), Tag.objects.create(name="Eid")
    lead = make_lead(make_customer())
    alone = make_customer(owner=seller)
    rows = [lead.customer, alone]
    assert run(client, CUSTOMERS, "owner", rows, owner=mate.pk) == f"2 given to {mate}."
    lead.refresh_from_db()
    assert lead.owner == mate
    assert set(Customer.objects.values_list("owner", flat=True)) == {mate.pk}
    given = LeadActivity.objects.filter(kind=ActivityKind.ASSIGNMENT).order_by("customer_id")
    assert list(given.values_list("customer", "lead", "old", "new")) == [
        (lead.customer_id, lead.pk, "", str(mate.pk)),
        (alone.pk, None, str(seller.pk), str(mate.pk)),
    ]
    assert run(client, CUSTOMERS, "label", rows, label="cold") == "2 labelled."
    assert run(client, CUSTOMERS, "tag", rows, tag=tag.pk) == "2 tagged."
    assert run(client, CUSTOMERS, "owner", rows, owner=mate.pk) == "0 given to {0}; 2 were so already.".replace(
        "{0}", str(mate)
    )


def test_conversations_are_assigned_and_closed(client: Client, seller: User) -> None:
    mate = member("seller", "North")
    talks = [make_conversation(make_identity()) for _number in range(3)]
    assert run(client, CONVERSATIONS, "assign", talks, assignee=mate.pk) == "3 assigned."
    assert set(Conversation.objects.values_list("assignee", flat=True)) == {mate.pk}
    assert run(client, CONVERSATIONS, "close", talks[:2]) == "2 closed."
    assert run(client, CONVERSATIONS, "close", talks[:1]) == "0 closed; 1 were so already."
    assert Conversation.objects.open().count() == 1


def test_only_rows_that_one_sees_are_touched(client: Client, seller: User) -> None:
    stranger = member("seller", "South")
    mine, theirs = make_leads(1, seller)[0], make_leads(1, stranger)[0]
    page = start(client, LEADS, "stage", [mine, theirs], "?owned=all")
    assert page.context["ids"] == str(mine.pk)
    body = {"ids": f"{mine.pk},{theirs.pk},999999", "stage": stage("hot").pk}
    answer = client.post(page.context["action_url"], body, follow=True)
    assert said(answer) == "1 moved to Hot; 2 are not there any more."
    theirs.refresh_from_db()
    assert theirs.stage.slug == "intake"


@pytest.mark.parametrize(
    ("listing", "action", "model"),
    [
        (LEADS, "stage", "lead"), (LEADS, "owner", "lead"), (LEADS, "label", "lead"), (LEADS, "tag", "lead"),
        (CUSTOMERS, "owner", "customer"), (CUSTOMERS, "label", "customer"), (CUSTOMERS, "tag", "customer"),
        (CONVERSATIONS, "assign", "conversation"), (CONVERSATIONS, "close", "conversation"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("seller", True), ("manager", True)])
def test_who_may(listing: str, action: str, model: str, role: str, may: bool) -> None:
    lead = make_leads(1)[0]
    conversation = make_conversation(make_identity(customer=lead.customer))
    row = {"lead": lead, "customer": lead.customer, "conversation": conversation}[model]
    client = logged_in(member(role))
    listed = client.get(listing + ALL[listing]).content.decode()
    assert (f'value="bulk_{action}"' in listed) is may
    answer = start(client, listing, action, [row], ALL[listing])
    assert (answer.status_code == 200 and b'name="ids"' in answer.content) is may
    asks = 302 if action == "close" else 200  # all but closing ask what is to be done
    assert client.post(f"{listing}bulk/{action}/", {"ids": str(row.pk)}).status_code == (asks if may else 403)


def test_all_that_match_are_chosen_as_they_are_now(
    client: Client, seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = make_leads(30, seller)
    other = make_leads(1, seller)[0]
    move_lead(lead_id=other.pk, to=stage("hot"), cause=Cause.person(seller))
    query = f"?owned=me&stage={stage('intake').pk}"
    page = start(client, LEADS, "stage", leads[:25], query, select_across="1")
    assert page.context["count"] == 30
    late = make_leads(1, seller)[0]
    assert finish(client, page, stage=stage("nurture").pk) == "30 moved to Nurture."
    late.refresh_from_db()
    other.refresh_from_db()
    assert (late.stage.slug, other.stage.slug) == ("intake", "hot")


def test_too_many_are_refused(client: Client, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = make_leads(6, seller)
    monkeypatch.setattr(bulk, "BOUND", 5)
    answer = start(client, LEADS, "stage", leads, "?owned=all", select_across="1")
    assert answer.status_code == 302
    assert "At most 5 rows at once" in client.get(LEADS).content.decode()
    ids = ",".join(str(lead.pk) for lead in leads)
    text = said(client.post(f"{LEADS}bulk/stage/", {"ids": ids, "stage": stage("hot").pk}, follow=True))
    assert text == "5 moved to Hot."


def test_all_that_match_are_offered_for_changes_only_where_their_number_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = logged_in(member("manager"))
    make_leads(30)
    for _number in range(30):
        make_conversation(make_identity())
    for listing, query in ALL.items():
        assert re.search(r"Select all \d0 that match", client.get(listing + query).content.decode()), listing
    monkeypatch.setattr(paging, "PAGES", 1)
    for listing, offered in ((LEADS, ["Select all that match, to export them"]), (CONVERSATIONS, [])):
        text = client.get(listing + ALL[listing]).content.decode()
        assert re.findall("Select all (?!rows on this page)[^<]*", text) == offered
        assert "More match than can be changed at once." in text


def test_long_work_goes_on_request_by_request(client: Client, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = make_leads(7, seller)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(bulk, "SECONDS", -1.0)
    page = start(client, LEADS, "stage", leads, "?owned=all")
    body = {"ids": page.context["ids"], "stage": stage("hot").pk, "query": page.context["query"]}
    first = client.post(page.context["action_url"], body)
    assert "3 of 7 done" in first.content.decode()
    assert Lead.objects.filter(stage=stage("hot")).count() == 3
    assert first.context["form"]["stage"].value() == str(stage("hot").pk)
    # Sent again, as after an interruption, what was done changes nothing more.
    assert "3 of 7 done" in client.post(page.context["action_url"], body).content.decode()
    assert finish(client, first, stage=stage("hot").pk) == "7 moved to Hot."
    assert len(activities(ActivityKind.STAGE_CHANGE)) == 7


@pytest.mark.parametrize("ids", ["", "x", ",,,", "9" * 30, "-1", "²", "1;DROP"])
def test_nonsense_rows_do_no_harm(client: Client, ids: str) -> None:
    answer = client.post(f"{LEADS}bulk/stage/", {"ids": ids, "stage": "x", "tally": "x", "query": "owned=all"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LEADS}?owned=all")


def test_an_action_that_there_is_none_of(client: Client) -> None:
    assert client.post(f"{LEADS}bulk/nonsense/", {"ids": "1"}).status_code == 404
    assert client.get(f"{LEADS}bulk/stage/").status_code == 405
    assert client.post(f"{CONVERSATIONS}bulk/stage/", {"ids": "1"}).status_code == 404


def test_no_two_actions_of_a_list_share_a_name() -> None:
    for model_admin in admin.site._registry.values():
        mine: Any = model_admin
        assert len(mine.all_bulk_actions()) == len(mine.bulk_actions)


def test_a_row_that_the_database_refuses_is_counted_and_logged(
    client: Client, seller: User, caplog: pytest.LogCaptureFixture
) -> None:
    leads = make_leads(2, seller)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"ALTER TABLE leads_lead ADD CONSTRAINT not_this_one CHECK (id <> {leads[0].pk} OR stage_id <> {stage('hot').pk})"
        )
    text = run(client, LEADS, "stage", leads, stage=stage("hot").pk)
    assert text == "1 moved to Hot; 1 refused: it could not be saved; try again."
    (record,) = [record for record in caplog.records if record.name == "crm.admin.bulk"]
    assert "IntegrityError [SQLSTATE 23514]" in record.getMessage()
