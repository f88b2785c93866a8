"""Pages about customers who may be one person: suggested pairs, choosing by hand, and the merges so far."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm import duplicates
from crm.admin.pages import staff_page
from crm.merging import MergeRefused, merge_customers, undo_merge
from crm.models import Customer, CustomerMerge, Identity, User
from crm.models.customer import CURRENT
from crm.visibility import sees_everyone, sight, user_of, visible

MERGE = "crm.merge_customer"
MERGES_SHOWN = 100


@dataclass
class Side:
    """A customer as one half of a pair."""

    customer: Customer
    platforms: list[str] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)

    @property
    def phone(self) -> str:
        """The last digits alone: enough to compare by, and no more than that on a page of many people."""
        return f"••• {self.customer.phone[-4:]}" if self.customer.phone_key else ""

    @property
    def email(self) -> str:
        name, _at, host = self.customer.email.partition("@")
        return f"{name[:1]}•••@{host}" if self.customer.email_key else ""


@dataclass(frozen=True)
class Pair:
    """Two customers side by side; `reason` says why they are shown together."""

    first: Side
    second: Side
    reason: Any

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.first, self.second


@staff_page("customers/duplicates/", name="duplicates", permission=MERGE)
@require_safe
def duplicates_page(request: HttpRequest) -> HttpResponse:
    """Suggested pairs, the surest first."""
    found = duplicates.suggestions()
    sides = sides_of(user_of(request), {number for pair in found for number in (pair.first_id, pair.second_id)})
    pairs = [
        Pair(sides[pair.first_id], sides[pair.second_id], duplicates.REASONS[pair.reason])
        for pair in found
        if pair.first_id in sides and pair.second_id in sides
    ]
    return _page(request, "migochat/duplicates.html", title=_("Duplicates"), pairs=pairs)


@staff_page("customers/<int:pk>/merge/", name="merge_with", permission=MERGE)
@require_safe
def merge_with_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer beside those who are alike or found by name, number or address."""
    user = user_of(request)
    customer = get_object_or_404(visible(user, Customer), CURRENT, pk=pk)
    words = request.GET.get("q", "").replace("\x00", "").strip()
    if words:
        found = Customer.objects.current().matching(words).filter(sight(user, Customer)).exclude(pk=pk)
        numbers = list(found.order_by("-pk").values_list("pk", flat=True)[:10])
    else:
        numbers = [other.pk for other in duplicates.alike(customer)]
    sides = sides_of(user, [pk, *numbers])
    pairs = [Pair(sides[pk], sides[number], "") for number in numbers if number in sides]
    title = _("Merge %(customer)s with…") % {"customer": customer}
    return _page(request, "migochat/merge_with.html", title=title, customer=customer, pairs=pairs, words=words)


@staff_page("customers/duplicates/decide/", name="duplicates_decide", permission=MERGE)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Merge a pair, or remember that they are not the same."""
    user = user_of(request)
    pair = [int(number) for number in request.POST.getlist("pair") if number.isascii() and number.isdigit()]
    seen = visible(user, Customer).filter(pk__in=[number for number in pair if number < 2**63])
    if len(pair) != 2 or seen.count() != len(set(pair)):
        raise Http404
    try:
        if request.POST.get("answer") == "different":
            duplicates.dismiss(customer_ids=pair, by=user)
            messages.success(request, _("Noted. They are not suggested again."))
            return redirect("admin:duplicates")
        stays = pair[1] if request.POST.get("stays") == str(pair[1]) else pair[0]
        goes = pair[0] if stays == pair[1] else pair[1]
        merge = merge_customers(kept_id=stays, merged_id=goes, by=user, reason=request.POST.get("reason", ""))
    except MergeRefused as refused:
        messages.error(request, str(refused))
        return redirect("admin:duplicates")
    names = {"merged": merge.merged, "kept": merge.kept}
    messages.success(request, _("%(merged)s was merged into %(kept)s. Under “Merges” it can be undone.") % names)
    if request.POST.get("back") == "customer":
        return redirect("admin:crm_customer_change", stays)
    return redirect("admin:duplicates")


@staff_page("customers/merges/", name="merges", permission=MERGE)
@require_safe
def merges_page(request: HttpRequest) -> HttpResponse:
    """The newest merges, those by colleagues with a button that undoes them."""
    merges = merges_of(user_of(request)).select_related("kept", "merged", "by", "undone_by").order_by("-pk")
    sealed = [f"{side}__{name}" for side in ("kept", "merged") for name in ("phone", "email")]
    found = list(merges.defer("moved", "before", *sealed)[:MERGES_SHOWN])
    return _page(request, "migochat/merges.html", title=_("Merges"), merges=found, shown=MERGES_SHOWN)


@staff_page("customers/merges/<int:pk>/undo/", name="merge_undo", permission=MERGE)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Make two customers of one again."""
    user = user_of(request)
    merge = get_object_or_404(merges_of(user), pk=pk)
    try:
        undo_merge(merge_id=merge.pk, by=user)
    except MergeRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Undone. %(customer)s is a customer again.") % {"customer": merge.merged})
    return redirect("admin:merges")


def merges_of(user: User) -> QuerySet[CustomerMerge]:
    """Return the merges into customers whom a user may see."""
    if sees_everyone(user):
        return CustomerMerge.objects.all()
    return CustomerMerge.objects.filter(kept__in=visible(user, Customer))


def sides_of(user: User, customer_ids: Iterable[int]) -> dict[int, Side]:
    """Return what is shown of customers, by their number; those who are not for this user are left out."""
    rows = visible(user, Customer).filter(pk__in=customer_ids).select_related("owner")
    sides = {row.pk: Side(row) for row in rows}
    platforms: dict[int, dict[str, None]] = defaultdict(dict)
    for identity in Identity.objects.filter(customer__in=sides).select_related("channel").defer("channel__credentials"):
        platforms[identity.customer_id][identity.channel.platform_name] = None
    counts = [import_string(path)(list(sides)) for path in settings.CUSTOMER_COUNTS]
    for number, side in sides.items():
        side.platforms = list(platforms[number])
        side.counts = [(title, found.get(number, 0)) for title, found in counts]
    return sides


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    tabs = [
        (reverse("admin:duplicates"), _("Suggestions"), template.endswith("duplicates.html")),
        (reverse("admin:merges"), _("Merges"), template.endswith("merges.html")),
    ]
    return TemplateResponse(request, template, {**admin.site.each_context(request), "tabs": tabs, **context})
