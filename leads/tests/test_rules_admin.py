"""The pages where staff keep how leads are read, and the box that tries a text."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from crm.tests.factories import make_customer
from leads.models import ClassificationRule, Lead, Product, ScoringRule, Stage
from leads.tests.factories import make_lead, stage
from messaging.tests.admin_world import HOSTILE, LONG, SCRIPT, SEARCHES, client_of, colleague

pytestmark = pytest.mark.django_db

MODELS: dict[str, Any] = {
    "stage": Stage,
    "classificationrule": ClassificationRule,
    "scoringrule": ScoringRule,
    "product": Product,
}
#: (see, add, change, delete) by role and model.
ALL, KEEP, SEE, NONE = (True,) * 4, (True, True, True, False), (True, False, False, False), (False,) * 4
RIGHTS: dict[str, dict[str, tuple[bool, ...]]] = {
    "superuser": {"stage": ALL, "classificationrule": ALL, "scoringrule": KEEP, "product": KEEP},
    "administrator": {"stage": ALL, "classificationrule": ALL, "scoringrule": KEEP, "product": KEEP},
    "manager": {"stage": KEEP, "classificationrule": ALL, "scoringrule": KEEP, "product": KEEP},
    "seller": {"stage": SEE, "classificationrule": NONE, "scoringrule": NONE, "product": SEE},
    "viewer": {"stage": SEE, "classificationrule": NONE, "scoringrule": NONE, "product": SEE},
    "nobody": dict.fromkeys(MODELS, NONE),
}
TRY = "admin:leads_try_rules"


def url(model: str, page: str, *args: object) -> str:
    return reverse(f"admin:leads_{model}_{page}", args=args)


def rows() -> dict[str, Any]:
    """Return a row of each model that may be deleted as far as its uses go, every text of it hostile."""
    return {
        "stage": Stage.objects.create(slug="odd", name=SCRIPT[:50], order=5),
        "classificationrule": ClassificationRule.objects.create(
            aspect="intent", value="odd", keywords="\n".join(HOSTILE)
        ),
        "scoringrule": ScoringRule.objects.create(name=SCRIPT, looks_for="keyword", keywords=LONG, points=1),
        "product": Product.objects.create(name=SCRIPT, keywords=SCRIPT, sku=SCRIPT[:64]),
    }


@pytest.fixture
def manager(db: None) -> Client:
    return client_of(colleague("manager"))


@pytest.mark.parametrize("role", RIGHTS)
def test_each_page_opens_for_who_may(role: str) -> None:
    made, client = rows(), client_of(colleague(role))
    for model, row in made.items():
        see, add, change, delete = RIGHTS[role][model]
        pages = [
            (url(model, "changelist"), see), (url(model, "change", row.pk), see), (url(model, "history", row.pk), see),
            (url(model, "add"), add), (url(model, "delete", row.pk), delete),
        ]  # fmt: skip
        for address, allowed in pages:
            response = client.get(address)
            assert response.status_code == (200 if allowed else 403), (role, address)
            assert SCRIPT not in response.content.decode()
        response = client.post(url(model, "change", row.pk), {})
        assert response.status_code == (200 if change else 403), (role, model)


@pytest.mark.parametrize("role", RIGHTS)
def test_the_box_is_for_who_sees_the_rules(role: str) -> None:
    client, allowed = client_of(colleague(role)), RIGHTS[role]["classificationrule"][0]
    for response in (client.get(reverse(TRY)), client.post(reverse(TRY), {"text": "x", "source": "direct"})):
        assert response.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("model", MODELS)
def test_lists_search_and_filters(model: str, manager: Client) -> None:
    rows()
    listing = url(model, "changelist")
    changelist = manager.get(listing).context["cl"]
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            assert manager.get(listing + choice["query_string"]).status_code == 200
    for words in (*SEARCHES, "a\x00b"):
        assert manager.get(listing, {"q": words}).status_code == 200


@pytest.mark.parametrize(
    ("model", "words", "found"),
    [
        ("classificationrule", "بِكامْ", {"price"}),
        ("scoringrule", "ORDER", {"Wants to order"}),
        ("product", "FUSTAN", {"فستان أحمر"}),
        ("product", "احمر", {"فستان أحمر"}),
        ("product", "dr-1", {"فستان أحمر"}),
    ],
)
def test_a_search_folds(model: str, words: str, found: set[str], manager: Client) -> None:
    Product.objects.create(name="فستان أحمر", sku="DR-1", keywords="fustan")
    listed = manager.get(url(model, "changelist"), {"q": words}).context["cl"].result_list
    assert found <= {getattr(row, "value" if model == "classificationrule" else "name") for row in listed}
    assert manager.get(url(model, "changelist"), {"q": "qqqqqq"}).context["cl"].result_count == 0


@pytest.mark.parametrize("model", ["classificationrule", "scoringrule", "product"])
def test_a_search_neither_reads_nor_folds_the_texts_of_all_rows(model: str, manager: Client) -> None:
    for number in range(60):
        Product.objects.create(name=f"Product {number}", keywords=f"Fustân {number}")
    with CaptureQueriesContext(connection) as captured:
        manager.get(url(model, "changelist"), {"q": "fustân"})
    asked = [query["sql"] for query in captured if f'FROM "leads_{model}"' in query["sql"]]
    assert asked
    for sql in asked:
        assert "LIKE" in sql and "normalize(" not in sql


@pytest.mark.parametrize("model", MODELS)
def test_the_number_of_queries(
    model: str, manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        Product.objects.create(name=f"Product {number}")
        make_lead(make_customer(), in_stage="qualified")
    row = MODELS[model].objects.all()[0]
    for address in (url(model, "changelist"), url(model, "change", row.pk)):
        manager.get(address)
        with django_assert_max_num_queries(8):
            assert manager.get(address).status_code == 200


class TestClassificationRule:
    def send(self, client: Client, **given: Any) -> Any:
        given = {"aspect": "intent", "value": "gift", "language": "en", "keywords": "gift", "weight": 3, "order": 1,
                 "is_active": "on", **given}  # fmt: skip
        return client.post(url("classificationrule", "add"), given)

    def test_a_rule_is_kept_tidied(self, manager: Client) -> None:
        response = self.send(
            manager, value=" Gift-Wrap ", keywords="  gift   wrap \r\n\r\n هدية\n gift wrap\n!no gift\n🎁"
        )
        assert response.status_code == 302
        made = ClassificationRule.objects.get(value="gift-wrap")
        assert made.keywords == "gift wrap\nهدية\n!no gift\n🎁"

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"aspect": "label", "value": "boiling"}, "value"),
            ({"aspect": "trade", "value": "hot"}, "value"),
            ({"aspect": "type", "value": "old"}, "value"),
            ({"aspect": "persona", "value": "nice"}, "value"),
            ({"aspect": "sentiment", "value": "angry"}, "value"),
            ({"value": "two words"}, "value"),
            ({"value": "سعر"}, "value"),
            ({"value": ""}, "value"),
            ({"value": "x" * 31}, "value"),
            ({"aspect": "colour"}, "aspect"),
            ({"keywords": " \n \n"}, "keywords"),
            ({"keywords": "gift\n..."}, "keywords"),
            ({"keywords": "!"}, "keywords"),
            ({"keywords": "x" * 60_001}, "keywords"),
            ({"weight": 0}, "weight"),
            ({"weight": 100_000}, "weight"),
            ({"order": -1}, "order"),
            ({"aspect": "intent", "value": "price"}, "__all__"),
        ],
    )
    def test_what_makes_no_rule_is_refused_with_a_word(
        self, given: dict[str, Any], field: str, manager: Client
    ) -> None:
        before = ClassificationRule.objects.count()
        response = self.send(manager, **given)
        assert response.status_code == 200
        assert field in response.context["adminform"].form.errors
        assert ClassificationRule.objects.count() == before

    def test_the_refusal_names_the_values(self, manager: Client) -> None:
        errors = self.send(manager, aspect="label", value="boiling").context["adminform"].form.errors
        assert errors["value"] == ["Label is one of these: hot, warm, cold."]

    def test_a_manager_takes_a_rule_away(self, manager: Client) -> None:
        rule = ClassificationRule.objects.get(aspect="intent", value="price", language="en")
        assert manager.post(url("classificationrule", "delete", rule.pk), {"post": "yes"}).status_code == 302
        assert not ClassificationRule.objects.filter(pk=rule.pk).exists()


class TestScoringRule:
    def send(self, client: Client, **given: Any) -> Any:
        given = {"name": "Mine", "looks_for": "intent", "value": "price", "keywords": "", "points": 5, "ceiling": 10,
                 "half_life_days": "", "order": 1, "is_active": "on", **given}  # fmt: skip
        return client.post(url("scoringrule", "add"), given)

    @pytest.mark.parametrize(
        "given",
        [
            {}, {"value": ""}, {"looks_for": "keyword", "value": "", "keywords": "gift"}, {"looks_for": "source", "value": "AD"},
            {"looks_for": "sentiment", "value": "positive"}, {"looks_for": "message", "value": "", "points": -100, "ceiling": 100},
        ],
    )  # fmt: skip
    def test_a_rule_is_kept(self, given: dict[str, Any], manager: Client) -> None:
        assert self.send(manager, **given).status_code == 302
        assert ScoringRule.objects.filter(name="Mine").exists()

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"points": 0}, "points"),
            ({"points": 101}, "points"),
            ({"points": -101}, "points"),
            ({"points": "many"}, "points"),
            ({"ceiling": 0}, "ceiling"),
            ({"ceiling": 101}, "ceiling"),
            ({"half_life_days": 0}, "half_life_days"),
            ({"value": "prise"}, "value"),
            ({"looks_for": "source", "value": "fax"}, "value"),
            ({"looks_for": "sentiment", "value": "so-so"}, "value"),
            ({"looks_for": "media", "value": "price"}, "value"),
            ({"looks_for": "keyword", "value": ""}, "keywords"),
            ({"keywords": "gift"}, "keywords"),
            ({"name": "Complains"}, "name"),
            ({"name": ""}, "name"),
        ],
    )
    def test_what_makes_no_rule_is_refused(self, given: dict[str, Any], field: str, manager: Client) -> None:
        response = self.send(manager, **given)
        assert response.status_code == 200
        assert field in response.context["adminform"].form.errors
        assert not ScoringRule.objects.filter(name="Mine").exists()


class TestStage:
    def send(self, client: Client, row: Stage | None = None, **given: Any) -> Any:
        given = {"name": "Sample sent", "kind": "open", "order": 25, "colour": "info", "min_score": "", **given}
        return client.post(url("stage", "change", row.pk) if row else url("stage", "add"), given)

    def test_a_stage_gets_a_free_slug(self, manager: Client) -> None:
        for name, slug in (
            ("Sample sent", "sample-sent"),
            ("Sample sent", "sample-sent-2"),
            ("مرحلة", "stage"),
            ("عينة", "stage-2"),
        ):
            assert self.send(manager, name=name).status_code == 302
            assert Stage.objects.filter(slug=slug, name=name).exists(), slug

    def test_a_new_name_keeps_the_slug(self, manager: Client) -> None:
        row = stage("nurture")
        assert self.send(manager, row, name="Warming up", min_score=20, advances="on").status_code == 302
        row.refresh_from_db()
        assert (row.name, row.slug, row.min_score, row.advances) == ("Warming up", "nurture", 20, True)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"min_score": 0}, "min_score"),
            ({"min_score": 101}, "min_score"),
            ({"kind": "won", "min_score": 50}, "min_score"),
            ({"kind": "closed"}, "kind"),
            ({"colour": "pink"}, "colour"),
            ({"name": ""}, "name"),
            ({"order": -1}, "order"),
        ],
    )
    def test_what_makes_no_stage_is_refused(self, given: dict[str, Any], field: str, manager: Client) -> None:
        response = self.send(manager, **given)
        assert response.status_code == 200
        assert field in response.context["adminform"].form.errors
        assert not Stage.objects.filter(name="Sample sent").exists()

    def test_the_kind_is_free_until_a_lead_was_in_the_stage(self, manager: Client) -> None:
        row = Stage.objects.create(slug="new", name="New", order=1)
        assert self.send(manager, row, kind="lost").status_code == 302
        assert self.send(manager, row, kind="open").status_code == 302
        make_lead(in_stage="new")
        response = self.send(manager, row, kind="lost")
        assert response.context["adminform"].form.errors["kind"] == [
            "Leads are in this stage, so it stays “Open”. Make another stage instead."
        ]
        assert Stage.objects.get(pk=row.pk).kind == "open"
        assert self.send(manager, row, kind="open", name="Renamed").status_code == 302

    def test_one_open_stage_remains(self, manager: Client) -> None:
        Stage.objects.open().exclude(slug="intake").delete()
        assert "kind" in self.send(manager, stage("intake"), kind="won").context["adminform"].form.errors
        administrator = client_of(colleague("administrator"))
        assert administrator.post(url("stage", "delete", stage("intake").pk), {"post": "yes"}).status_code == 403

    def test_a_stage_with_leads_is_not_deleted(self) -> None:
        administrator = client_of(colleague("administrator"))
        make_lead(in_stage="nurture")
        assert administrator.post(url("stage", "delete", stage("nurture").pk), {"post": "yes"}).status_code == 403
        assert administrator.post(url("stage", "delete", stage("hot").pk), {"post": "yes"}).status_code == 302
        assert not Stage.objects.filter(slug="hot").exists()

    def test_the_count_is_of_leads_that_one_may_see(self) -> None:
        seller, other = colleague("seller"), colleague("seller", team="Elsewhere")
        for owner in (seller, other, None):
            make_lead(make_customer(owner=owner), owner=owner, team=owner.team if owner else None)
        for user, count in ((seller, 2), (colleague("manager"), 3)):
            listed = {
                row.slug: row.lead_count
                for row in client_of(user).get(url("stage", "changelist")).context["cl"].result_list
            }
            assert listed["intake"] == count
            assert listed["hot"] is None


class TestProduct:
    def send(self, client: Client, **given: Any) -> Any:
        given = {"name": "Linen dress", "sku": "DR-1", "keywords": "vestido", "price": "450", "currency": "egp",
                 "url": "https://shop.example/p", "is_active": "on", **given}  # fmt: skip
        return client.post(url("product", "add"), given)

    def test_a_product_is_kept(self, manager: Client) -> None:
        assert self.send(manager).status_code == 302
        assert Product.objects.get(sku="DR-1").currency == "EGP"
        assert self.send(manager, name="Another", sku="", price="", currency="", url="").status_code == 302
        assert self.send(manager, name="A third", sku="").status_code == 302

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": ""}, "name"),
            ({"price": "-1"}, "__all__"),
            ({"price": "1" * 15}, "price"),
            ({"currency": "£££"}, "currency"),
            ({"currency": "EG"}, "currency"),
            ({"url": "javascript:alert(1)"}, "url"),
            ({"url": "ftp://shop.example/p"}, "url"),
            ({"keywords": "..."}, "keywords"),
        ],
    )
    def test_what_makes_no_product_is_refused(self, given: dict[str, Any], field: str, manager: Client) -> None:
        response = self.send(manager, **given)
        assert response.status_code == 200
        assert field in response.context["adminform"].form.errors
        assert not Product.objects.exists()

    def test_an_article_number_is_used_once(self, manager: Client) -> None:
        self.send(manager)
        assert self.send(manager, name="Another").status_code == 200
        assert Product.objects.count() == 1


class TestTrial:
    def send(self, client: Client, text: str, *, htmx: bool = True, **given: Any) -> Any:
        headers = {"HX-Request": "true"} if htmx else {}
        return client.post(reverse(TRY), {"text": text, "source": "direct", **given}, headers=headers)

    def test_it_tells_what_is_read_and_by_which_words(self, manager: Client) -> None:
        dress = Product.objects.create(name="فستان أحمر")
        response = self.send(
            manager, "بكام الفستان الأحمر؟ ضروري، أنا من طنطا 01012345678", source="ad", has_media="on"
        )
        lines = {str(line.what): line for line in response.context["lines"]}
        assert (lines["Intent"].value, lines["Intent"].words, lines["Intent"].more) == ("price", ("بكام",), "80 % sure")
        assert lines["Label"].value == "Hot"
        assert lines["Place"].value == "Tanta, Gharbia"
        assert lines["Products"].value == str(dress)
        assert lines["Phone or e-mail"].value == "Given"
        scores = {score.rule.name: score for score in response.context["scores"]}
        assert scores["Asks for the price"].words == ("بكام",)
        assert scores["Needs it soon"].words == ("ضروري",)
        assert {"Came from an ad", "Names a product", "Sends a picture, video, voice message or file"} <= set(scores)
        assert response.context["total"] == sum(score.points for score in scores.values()) > 50
        assert "<html" not in response.content.decode()

    def test_without_scripts_it_is_a_page(self, manager: Client) -> None:
        page = self.send(manager, "how much?", htmx=False).content.decode()
        assert "<html" in page
        assert "how much?" in page
        assert "price" in page

    @pytest.mark.parametrize(
        "text", [*HOSTILE, "", " ", "\x00", "a\x00b", "{{ 7|add:7 }} {% load x %}", "😍" * 1000, "و" * 4000]
    )
    @pytest.mark.parametrize("htmx", [True, False])
    def test_hostile_texts_do_no_harm(self, text: str, htmx: bool, manager: Client) -> None:
        ClassificationRule.objects.create(aspect="persona", value="loyal", keywords=f"{SCRIPT}\n{LONG}")
        ScoringRule.objects.create(name=SCRIPT, looks_for="message", points=1)
        response = self.send(manager, text, htmx=htmx)
        assert response.status_code == 200
        assert SCRIPT not in response.content.decode()

    @pytest.mark.parametrize("given", [{"text": "x" * 4001}, {"source": "fax"}, {"source": ""}])
    def test_what_is_no_message_is_refused_with_a_word(self, given: dict[str, str], manager: Client) -> None:
        response = self.send(manager, **{"text": "x", **given})  # type: ignore[arg-type]  # texts all
        assert "too long" in response.content.decode()

    def test_nothing_is_kept(self, manager: Client) -> None:
        self.send(manager, "عايز اطلب")
        assert not Lead.objects.exists()

    @pytest.mark.parametrize("model", ["classificationrule", "scoringrule"])
    def test_the_box_is_on_the_pages_of_rules(self, model: str, manager: Client) -> None:
        row = MODELS[model].objects.all()[0]
        for address in (url(model, "changelist"), url(model, "add"), url(model, "change", row.pk)):
            assert f'hx-post="{reverse(TRY)}"' in manager.get(address).content.decode()

    def test_the_number_of_queries(
        self, manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(8):
            self.send(manager, "بكام؟")


def test_the_sidebar_leads_there(manager: Client) -> None:
    page = manager.get(url("stage", "changelist")).content.decode()
    assert "How leads are read" in page
    for model in MODELS:
        assert f'href="{url(model, "changelist")}"' in page
