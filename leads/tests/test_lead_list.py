"""The list of leads: what it opens on, what it can be narrowed down to, who sees what, and leads added by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AdCampaign
from crm import runtime_settings
from crm.admin.saved_views import columns_offered
from crm.models import Customer, Note, Tag, Team, User
from crm.tests.factories import make_channel, make_customer, make_user
from leads.models import Lead, LeadActivity, Qualification
from leads.tests.factories import make_lead, stage
from messaging.tests.admin_world import HOSTILE, SEARCHES, client_of, colleague
from messaging.tests.factories import NOON

pytestmark = pytest.mark.django_db
LISTING = "/admin/leads/lead/"
MOST_QUERIES = 8


def names(client: Client, query: str = "") -> list[str]:
    """Return the customers in the rows of the list."""
    response = client.get(LISTING + query)
    assert response.status_code == 200
    return [lead.customer.name for lead in response.context["cl"].result_list]


def named(name: str, **fields: Any) -> Lead:
    customer = {key: fields.pop(key) for key in ("label", "phone", "email") if key in fields}
    return make_lead(make_customer(name=name, **customer), **fields)


def test_it_opens_on_ones_own_open_leads_newest_first(browser: Client, seller: User) -> None:
    now = timezone.now()
    named("Old", owner=seller, opened_at=now - timedelta(days=2))
    named("New", owner=seller, opened_at=now)
    named("Nobody's")
    named("Won", owner=seller, in_stage="converted", outcome="won", closed_at=now)
    assert names(browser) == ["New", "Old"]
    assert names(browser, "?owned=nobody") == ["Nobody's"]
    assert set(names(browser, "?owned=all")) == {"New", "Old", "Nobody's"}
    assert names(browser, "?state=won") == ["Won"]


def test_a_search_looks_at_all_that_one_sees_however_it_is_typed(browser: Client) -> None:
    named("مُحَمّد أحمد", phone="+201012345678")
    named("Zoë Lima", email="zoe@b.example")
    assert names(browser, "?q=محمد احمد") == ["مُحَمّد أحمد"]
    assert names(browser, "?q=01012345678") == ["مُحَمّد أحمد"]
    assert names(browser, "?q=ZOE@b.example") == ["Zoë Lima"]
    assert names(browser, "?q=0101234567") == []
    for words in SEARCHES:
        assert browser.get(LISTING, {"q": words}).status_code == 200


def test_a_seller_sees_no_colleagues_leads_in_any_way(browser: Client, seller: User) -> None:
    seller.team = Team.objects.create(name="North")
    seller.save()
    named("Mate's", owner=make_user(team=seller.team))
    hers = named("Hers", owner=make_user())
    named("Other team's", team=Team.objects.create(name="South"))
    assert names(browser, "?owned=all") == ["Mate's"]
    assert names(browser, "?q=Hers") == []
    assert browser.get(f"{LISTING}{hers.pk}/change/").status_code == 302
    for part in ("timeline", "side"):
        assert browser.get(f"{LISTING}{hers.pk}/{part}/").status_code == 404
    for action in ("move", "value", "assign", "aspect", "priority", "follow-up", "note", "interest"):
        assert browser.post(f"{LISTING}{hers.pk}/{action}/").status_code == 404
    manager = client_of(colleague("manager"))
    assert set(names(manager, "?owned=all")) == {"Hers", "Mate's", "Other team's"}
    assert manager.get(f"{LISTING}{hers.pk}/change/").status_code == 200


def test_each_filter_narrows_it_down(browser: Client, seller: User) -> None:
    now = timezone.now()
    named("Hot", owner=seller, label="hot", in_stage="hot", first_source="ad", priority=4)
    named("Late", owner=seller, next_follow_up_at=now - timedelta(hours=1))
    named("Planned", owner=seller, next_follow_up_at=now + timedelta(hours=1))
    named("Lost", owner=seller, in_stage="lost", outcome="lost", lost_reason="price", closed_at=now)
    named("Nobody's", label="hot")
    for query, found in {
        f"stage={stage('hot').pk}": {"Hot"},
        "label=hot": {"Hot"},
        "source=ad": {"Hot"},
        "priority=4": {"Hot"},
        "next=overdue": {"Late"},
        "next=planned": {"Late", "Planned"},
        "next=none": {"Hot"},
        "state=lost": {"Lost"},
        f"stage={stage('lost').pk}": {"Lost"},
        f"stage={stage('lost').pk}&state=won": set(),
        "owner=nobody": {"Nobody's"},
        "state=any": {"Hot", "Late", "Planned", "Lost"},
        "owned=all&label=hot": {"Hot", "Nobody's"},
        "label=nonsense": {"Hot", "Late", "Planned"},
    }.items():
        assert set(names(browser, f"?{query}")) == found, query


def test_a_tag_of_the_customer_narrows_it_down(browser: Client, seller: User) -> None:
    wholesale, other = (Tag.objects.create(name=name) for name in ("wholesale", "<b>other"))
    for name, tags in (("Both", [wholesale, other]), ("One", [wholesale]), ("None", [])):
        named(name, owner=seller).customer.tags.set(tags)
    hers = make_customer(name="Hers", owner=make_user())
    hers.tags.add(wholesale)
    make_lead(hers, owner=make_user())
    assert set(names(browser, f"?owned=all&tag={wholesale.pk}")) == {"Both", "One"}
    assert names(browser, f"?owned=all&tag={other.pk}&q=both") == ["Both"]
    assert set(names(browser, "?owned=all&tag=999")) == {"Both", "One", "None"}
    assert "&lt;b&gt;other" in browser.get(LISTING).content.decode()


def test_a_rare_tag_is_found_from_its_customers_and_a_usual_one_from_the_newest_leads(seller: User) -> None:
    """However many leads there are, neither reads them all: the database knows how often each tag is."""
    rare, usual = (Tag.objects.create(name=name) for name in ("rare", "usual"))
    customers = Customer.objects.bulk_create(Customer(name=f"Customer {number}") for number in range(3000))
    Lead.objects.bulk_create(
        Lead(customer=customer, stage=stage("intake"), owner=seller, opened_at=NOON, stage_changed_at=NOON)
        for customer in customers
    )
    through = Customer.tags.through
    through.objects.bulk_create(through(customer=customer, tag=usual) for customer in customers)
    through.objects.bulk_create(through(customer=customer, tag=rare) for customer in customers[:3])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead, crm_customer, crm_customer_tags")
    for tag in (rare, usual):
        rows = Lead.objects.filter(customer__in=through.objects.filter(tag=tag).values("customer"))
        plan = rows.order_by("-opened_at", "-pk")[:25].explain()
        assert "Seq Scan" not in plan, plan


def test_nothing_else_can_be_asked_for_in_the_address(browser: Client, seller: User) -> None:
    ad = AdCampaign.objects.create(channel=make_channel(), ad_id="a", first_seen_at=NOON)
    named("From the ad", first_ad=ad)
    assert names(browser, f"?first_ad={ad.pk}") == ["From the ad"]
    assert browser.get(f"{LISTING}?customer__phone_key__gt=a").status_code in (302, 400)


def test_a_row_shows_owner_value_source_and_what_is_overdue(browser: Client, seller: User) -> None:
    ad = AdCampaign.objects.create(channel=make_channel(), ad_id="a", title="Summer dress", first_seen_at=NOON)
    late = timezone.now() - timedelta(days=30)
    lead = named("Mona Adel", owner=seller, value=Decimal("12345.50"), currency="EGP", first_source="ad", first_ad=ad)
    Lead.objects.filter(pk=lead.pk).update(next_follow_up_at=late, next_step="Call back", score=77)
    named("Whole", owner=seller, value=Decimal("300.00"), currency="USD")
    page = browser.get(LISTING).content.decode()
    assert "12,345.50 <small>EGP</small>" in page and ">300 <small>USD</small>" in page
    assert "Ad · Summer dress" in page
    assert "Call back" in page and "mc-late" in page
    assert ">77<" in page
    assert f"/admin/leads/lead/{lead.pk}/change/" in page


def test_it_takes_few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    seller = colleague("seller")
    seller.team = Team.objects.create(name="North")
    seller.save()
    channel, tag = make_channel(), Tag.objects.create(name="wholesale")
    for number in range(30):
        ad = AdCampaign.objects.create(channel=channel, ad_id=f"a{number}", first_seen_at=NOON)
        owner = make_user(team=seller.team)
        lead = named(
            f"Customer {number}",
            owner=owner,
            team=seller.team,
            label="hot",
            first_ad=ad,
            first_source="ad",
            value=number,
        )
        Qualification.objects.create(lead=lead, score=50, qualified_at=NOON, owner=owner)
        lead.customer.tags.add(tag)
    client = client_of(seller)
    every_column = "&".join(f"columns={name}" for name in columns_offered(admin.site.get_model_admin(Lead)))
    for path in (
        f"{LISTING}?owned=all",
        f"{LISTING}?owned=all&{every_column}",
        f"{LISTING}?q=customer",
        f"{LISTING}?q=customer&label=hot&stage={stage('intake').pk}&source=ad&owned=all",
        f"{LISTING}?q=customer&label=hot&tag={tag.pk}&owned=all",
        "/admin/leads/qualification/",
    ):
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).content.decode().count("mc-row-link") == 25
        assert len(captured) <= MOST_QUERIES, "\n".join(query["sql"] for query in captured)


@pytest.mark.parametrize(
    "query", ["?owned=all", "?q=mona", "?owned=all&label=hot", "?owned=all&source=ad", "?owned=all&tag={tag}"]
)
def test_rows_join_few_tables(query: str, browser: Client, seller: User) -> None:
    """PostgreSQL takes longer to find out how to join eight tables than to read a page of them."""
    tag = Tag.objects.create(name="wholesale")
    named("Mona", owner=seller, label="hot", first_source="ad").customer.tags.add(tag)
    with CaptureQueriesContext(connection) as captured:
        assert names(browser, query.format(tag=tag.pk)) == ["Mona"]
    rows = [found["sql"] for found in captured if '"next_step"' in found["sql"]]
    assert [sql.count(" JOIN ") for sql in rows] == [3]
    assert all("name_folded" not in sql for sql in rows)


def test_open_leads_are_found_and_counted_by_their_source_in_an_index(browser: Client, seller: User) -> None:
    named("Mona", owner=seller, first_source="ad")
    with CaptureQueriesContext(connection) as captured:
        assert names(browser, "?owned=all&source=ad") == ["Mona"]
    [counted] = [found["sql"] for found in captured if "COUNT(" in found["sql"]]
    with connection.cursor() as cursor:
        drop_all_but("lead_by_source", cursor)
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {counted}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using lead_by_source" in plan


def drop_all_but(kept: str, cursor: CursorWrapper) -> None:
    """Take the other indexes of leads away until the test's end: among a few rows the planner has no reason to prefer one."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index"
        " WHERE indrelid = 'leads_lead'::regclass AND indexrelid::regclass::text <> %s"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [kept],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")


def test_no_lead_is_deleted_and_a_viewer_adds_none(browser: Client, seller: User) -> None:
    lead = named("Mona", owner=seller)
    assert browser.post(f"{LISTING}{lead.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client_of(colleague("viewer")).get(f"{LISTING}add/").status_code == 403
    assert Lead.objects.filter(pk=lead.pk).exists()


def given(**fields: Any) -> dict[str, Any]:
    return {"stage": stage("intake").pk, "owner": "", "value": "", "note": "", "name": "", **fields}


def test_a_lead_is_added_for_somebody_new(browser: Client, seller: User) -> None:
    form = given(
        name="Mona Adel", phone_number="+201012345678", email_address="m@b.example", owner=seller.pk, value="500.5",
        note="Met at the fair", stage=stage("qualified").pk,
    )  # fmt: skip
    response = browser.post(f"{LISTING}add/", form)
    lead = Lead.objects.get()
    assert response.headers["Location"] == f"{LISTING}{lead.pk}/change/"
    assert (lead.customer.name, lead.customer.phone, lead.customer.email) == (
        "Mona Adel",
        "+201012345678",
        "m@b.example",
    )
    assert (lead.stage.slug, lead.value, lead.currency, lead.owner) == ("qualified", Decimal("500.50"), "EGP", seller)
    assert Note.objects.get().text == "Met at the fair"
    assert {activity.actor for activity in LeadActivity.objects.all()} == {seller}


def test_a_lead_is_added_for_a_customer_who_is_found(browser: Client) -> None:
    customer = make_customer(name="Mona Adel")
    other = make_customer(name="Mona Foreign", owner=make_user())
    found = browser.get(f"{LISTING}add/", {"find": "mona"}, headers={"HX-Request": "true"}).content.decode()
    assert "Mona Adel" in found and "Foreign" not in found
    browser.post(f"{LISTING}add/", given(customer=customer.pk))
    assert Lead.objects.get().customer == customer
    response = browser.post(f"{LISTING}add/", given(customer=other.pk))
    assert response.status_code == 200  # not to be seen, so not chosen; and a new one needs a name
    assert Lead.objects.count() == 1


def test_whoever_has_an_open_lead_gets_no_second(browser: Client, seller: User) -> None:
    lead = named("Mona Adel", owner=seller)
    response = browser.post(f"{LISTING}add/", given(customer=lead.customer_id, note="again"), follow=True)
    assert response.redirect_chain[0][0] == f"{LISTING}{lead.pk}/change/"
    assert "has an open lead already" in response.content.decode()
    assert (Lead.objects.count(), Note.objects.count()) == (1, 0)


def test_an_open_lead_of_a_colleague_is_told_and_not_shown(browser: Client, seller: User) -> None:
    other = make_user(full_name="Omar Said")
    lead = make_lead(make_customer(name="Mona Adel", owner=seller), owner=other)
    response = browser.post(f"{LISTING}add/", given(customer=lead.customer_id), follow=True)
    assert response.redirect_chain == [(LISTING, 302)]
    assert "of Omar Said" in response.content.decode()


def test_bad_input_is_refused_with_nothing_half_written(browser: Client) -> None:
    known = make_customer(name="Mona Adel", phone="+201012345678")
    for form, said in (
        (given(), "Give a name, a phone number or an e-mail address."),
        (given(name="x", phone_number="12"), "This is not a phone number."),
        (given(name="x", phone_number="01012345678"), "has this already"),
        (given(name="x", value="-1"), "greater than or equal to 0"),
        (given(name="x", stage=stage("lost").pk), "Select a valid choice"),
    ):
        page = browser.post(f"{LISTING}add/", form).content.decode()
        assert said in page
    assert list(Customer.objects.all()) == [known]
    assert not Lead.objects.exists()


def test_the_one_who_is_known_by_the_phone_number_is_offered(browser: Client) -> None:
    make_customer(name="Mona Adel", phone="+201012345678")
    page = browser.post(f"{LISTING}add/", given(name="x", phone_number="+20 10 1234 5678")).content.decode()
    assert 'name="customer"' in page and "Mona Adel" in page


def test_hostile_names_do_not_break_out(browser: Client, seller: User) -> None:
    for name in HOSTILE:
        named(name[:200], owner=seller, next_step=name[:200], next_follow_up_at=NOON)
    for path in (LISTING, f"{LISTING}add/?find=s", "/admin/leads/follow-ups/"):
        assert "<script>alert" not in browser.get(path).content.decode()


def test_a_customers_page_and_a_conversation_show_the_lead(browser: Client, seller: User) -> None:
    from messaging.tests.factories import make_conversation

    conversation = make_conversation(assignee=seller)
    customer = conversation.identity.customer
    panel = browser.get(reverse("admin:crm_customer_change", args=[customer.pk])).content.decode()
    assert f"{LISTING}add/?customer={customer.pk}" in panel
    lead = make_lead(customer, owner=seller, in_stage="hot", next_step="Call back", next_follow_up_at=timezone.now())
    panel = browser.get(reverse("admin:crm_customer_change", args=[customer.pk])).content.decode()
    assert f"{LISTING}{lead.pk}/change/" in panel and f"{LISTING}add/" not in panel
    card = browser.get(reverse("admin:messaging_conversation_change", args=[conversation.pk])).content.decode()
    assert f"{LISTING}{lead.pk}/change/" in card and "Call back" in card
