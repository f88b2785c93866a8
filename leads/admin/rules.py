"""How leads are read: stages, classification rules, scoring rules and products."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.staff_admin import StaffAdmin
from crm.folding import fold
from crm.markup import column
from crm.visibility import user_of, visible
from leads.admin.rule_forms import (
    ClassificationRuleForm,
    ProductForm,
    ScoringRuleForm,
    StageForm,
    is_last_open,
    known_values,
)
from leads.admin.rule_trial import OF_CUSTOMERS
from leads.markup import money, stage_chip
from leads.models import Aspect, ClassificationRule, Lead, Product, ScoringRule, Stage
from leads.reading.reader import EXCEPTION, lines
from leads.templatetags.leads_rules import points_chip
from messaging.models import Message

IN_USE = [("True", gettext_lazy("In use")), ("False", gettext_lazy("Out of use"))]
SHOWN_PHRASES = 4


class _Searched(StaffAdmin):
    """What is found by parts of its texts, however typed."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("folded")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.filter(folded__contains=fold(search_term)) if search_term else queryset), False


class _Rules(_Searched):
    """What the two kinds of rules have in common: the box to try them, and the values that their forms offer."""

    list_before_template = "leads/rule_trial.html"
    change_form_outer_before_template = "leads/rule_trial.html"
    change_form_after_template = "leads/rule_values.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context |= {"known_values": known_values()}
        return super().render_change_form(request, context, *args, **kwargs)


def _state(in_use: bool) -> SafeString:
    return markup.chip(_("In use"), "good") if in_use else markup.chip(_("Out of use"))


def _phrases(keywords: str) -> SafeString:
    """Return the first few phrases and how many more there are."""
    told = [line for line in lines(keywords) if not line.startswith(EXCEPTION)]
    if not told:
        return markup.DASH
    rest = len(told) - SHOWN_PHRASES
    more = (
        ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": markup.grouped(rest)} if rest > 0 else ""
    )
    return format_html(
        '<span class="mc-words"><bdi>{}</bdi> <span class="mc-none">{}</span></span>',
        " · ".join(told[:SHOWN_PHRASES]),
        more,
    )


@admin.register(ClassificationRule)
class ClassificationRuleAdmin(_Rules):
    form = ClassificationRuleForm
    list_display = ("what", "in_language", "phrases", "heaviness", "state")
    list_filter = (
        choice_filter("aspect", gettext_lazy("tells the"), Aspect.choices),
        choice_filter("language", gettext_lazy("language"), [c for c in ClassificationRule.Language.choices if c[0]]),
        choice_filter("active", gettext_lazy("state"), IN_USE, "is_active"),
    )
    phone = {"what": "title", "in_language": "end", "phrases": "line", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("aspect", "order", "language", "pk")
    search_fields = ("value", "keywords")
    search_help_text = gettext_lazy("A word or a value")
    deletable = True
    empty_icon = "rule"
    empty_title = gettext_lazy("No rule here")
    empty_hint = gettext_lazy(
        "A rule says which words tell that somebody is hot, buys wholesale, asks for the price and so on."
    )
    fieldsets = (
        (
            None,
            {
                "fields": ("aspect", "value", "language", "keywords"),
                "description": gettext_lazy(
                    "Where a message has one of these words, its writer or the message itself is taken for this value. What a "
                    "colleague set by hand is never overwritten. A change counts for messages that come in from now on."
                ),
            },
        ),
        (
            gettext_lazy("Where several rules match"),
            {
                "fields": ("weight", "order", "is_active"),
                "description": gettext_lazy(
                    "The value with the largest sum of weights wins, each of its words counted once. Where two are even, the "
                    "smaller order wins."
                ),
            },
        ),
    )

    @column(gettext_lazy("Tells"))
    def what(self, rule: ClassificationRule) -> str:
        words = dict(OF_CUSTOMERS[rule.aspect].choices) if rule.aspect in OF_CUSTOMERS else {}
        return markup.two_lines(words.get(rule.value, rule.value), rule.get_aspect_display())

    @column(gettext_lazy("Language"))
    def in_language(self, rule: ClassificationRule) -> str:
        return rule.get_language_display()

    @column(gettext_lazy("Words"))
    def phrases(self, rule: ClassificationRule) -> str:
        return _phrases(rule.keywords)

    @column(gettext_lazy("Weight"))
    def heaviness(self, rule: ClassificationRule) -> str:
        return markup.grouped(rule.weight)

    @column(gettext_lazy("State"))
    def state(self, rule: ClassificationRule) -> str:
        return _state(rule.is_active)


@admin.register(ScoringRule)
class ScoringRuleAdmin(_Rules):
    form = ScoringRuleForm
    list_display = ("what", "gives", "most", "halving", "state")
    list_filter = (
        choice_filter("looks_for", gettext_lazy("looks for"), ScoringRule.Looks.choices),
        choice_filter("active", gettext_lazy("state"), IN_USE, "is_active"),
    )
    phone = {"what": "title", "gives": "end", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("order", "pk")
    search_fields = ("name", "value", "keywords")
    search_help_text = gettext_lazy("A name, value or word")
    empty_icon = "exposure_plus_1"
    empty_title = gettext_lazy("No rule here")
    empty_hint = gettext_lazy("A scoring rule gives a lead points for what its messages show.")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "looks_for", "value", "keywords"),
                "description": gettext_lazy(
                    "Each message of a lead is looked at once by every rule in use; the score is the sum, from 0 to 100. A change "
                    "counts for messages that come in from now on; the command rescore_leads counts all anew."
                ),
            },
        ),
        (gettext_lazy("What it gives"), {"fields": ("points", "ceiling", "half_life_days", "order", "is_active")}),
    )

    @column(gettext_lazy("Rule"))
    def what(self, rule: ScoringRule) -> str:
        which = dict(Message.Source.choices).get(rule.value, rule.value)
        return markup.two_lines(
            rule.name, f"{rule.get_looks_for_display()}: {which}" if which else rule.get_looks_for_display()
        )

    @column(gettext_lazy("Points"))
    def gives(self, rule: ScoringRule) -> str:
        return points_chip(rule.points)

    @column(gettext_lazy("At most"))
    def most(self, rule: ScoringRule) -> str:
        return markup.grouped(rule.ceiling)

    @column(gettext_lazy("Halves after"))
    def halving(self, rule: ScoringRule) -> str:
        days = rule.half_life_days
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else ""

    @column(gettext_lazy("State"))
    def state(self, rule: ScoringRule) -> str:
        return _state(rule.is_active)


@admin.register(Stage)
class StageAdmin(StaffAdmin):
    form = StageForm
    list_display = ("what", "sort", "reached", "by_itself", "leads_in_it")
    phone = {"what": "title", "leads_in_it": "end", "reached": "line", "sort": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("order", "pk")
    list_per_page = 100
    deletable = True
    empty_icon = "view_kanban"
    empty_title = gettext_lazy("No stage yet")
    empty_hint = gettext_lazy("Stages are the columns of the board, from the first message to a sale.")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "kind", "order", "colour"),
                "description": gettext_lazy(
                    "A column of the board. Leads in a won or lost stage are closed. New leads begin in the open stage with the "
                    "smallest order. The kind is fixed once a lead has been in the stage."
                ),
            },
        ),
        (
            gettext_lazy("By the score"),
            {
                "fields": ("min_score", "advances"),
                "description": gettext_lazy("Never backwards, and never after a colleague chose the stage of a lead."),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stage]:
        seen = visible(user_of(request), Lead).filter(stage=OuterRef("pk")).order_by()
        count = seen.values("stage").annotate(count=Count("pk")).values("count")
        found: QuerySet[Stage] = super().get_queryset(request).annotate(lead_count=Subquery(count))
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a stage that no lead was ever put into, and never the last open one."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or not (Lead.objects.filter(stage=obj).exists() or is_last_open(obj))

    @column(gettext_lazy("Stage"))
    def what(self, stage: Stage) -> str:
        return stage_chip(stage)

    @column(gettext_lazy("Kind"))
    def sort(self, stage: Stage) -> str:
        return stage.get_kind_display()

    @column(gettext_lazy("From score"))
    def reached(self, stage: Stage) -> str:
        return markup.grouped(stage.min_score) if stage.min_score is not None else ""

    @column(gettext_lazy("Leads move here"))
    def by_itself(self, stage: Stage) -> str:
        return _("by themselves") if stage.min_score is not None and stage.advances else _("by hand")

    @column(gettext_lazy("Leads"))
    def leads_in_it(self, stage: Any) -> str:
        if not stage.lead_count:
            return markup.grouped(0)
        listed = f"{reverse('admin:leads_lead_changelist')}?owned=all&stage={stage.pk}"
        return markup.link(listed, markup.grouped(stage.lead_count))


@admin.register(Product)
class ProductAdmin(_Searched):
    form = ProductForm
    list_display = ("what", "cost", "called", "state")
    list_filter = (
        choice_filter(
            "active",
            gettext_lazy("state"),
            [("True", gettext_lazy("On sale")), ("False", gettext_lazy("Not on sale"))],
            "is_active",
        ),
    )
    phone = {"what": "title", "cost": "end", "called": "line", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name", "pk")
    search_fields = ("name", "sku", "keywords")
    search_help_text = gettext_lazy("Name, article number or other name")
    empty_icon = "shopping_bag"
    empty_title = gettext_lazy("No product yet")
    empty_hint = gettext_lazy("Add what the shop sells, and messages that name it show who is interested in what.")
    fieldsets = (
        (None, {"fields": ("name", "sku", "price", "currency", "url", "is_active")}),
        (
            gettext_lazy("How messages name it"),
            {
                "fields": ("keywords",),
                "description": gettext_lazy(
                    "Where several products have a name in the same words, the longest name counts."
                ),
            },
        ),
    )

    @column(gettext_lazy("Product"))
    def what(self, product: Product) -> str:
        return markup.two_lines(product.name, product.sku)

    @column(gettext_lazy("Price"))
    def cost(self, product: Product) -> str:
        return money(product.price, product.currency) if product.price is not None else ""

    @column(gettext_lazy("Other names"))
    def called(self, product: Product) -> str:
        return _phrases(product.keywords)

    @column(gettext_lazy("State"))
    def state(self, product: Product) -> str:
        return markup.chip(_("On sale"), "good") if product.is_active else markup.chip(_("Not on sale"))
