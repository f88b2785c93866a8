"""What ads and posts cost and reached, day by day: the list, by hand, and out of files."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.admin.origin_filter import OriginFilter
from campaigns.models import AdCampaign, PerformanceMetric, Post
from campaigns.origins import Origin
from campaigns.spend.importing import Outcome, import_spend
from campaigns.spend.reading import CURRENCY, MOST_BYTES, Unreadable
from crm import markup
from crm.admin.filters import ChannelFilter
from crm.admin.linked_filters import DaysFilter
from crm.admin.staff_admin import StaffAdmin
from crm.markup import column
from crm.models import Channel

REFUSED_SHOWN = 50


def _currency(text: str) -> str:
    currency = text.strip().upper()
    if currency and not CURRENCY.fullmatch(currency):
        raise ValidationError(_("Three letters, such as EGP."))
    return currency


class MetricForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One day of an ad or of a post."""

    def clean_currency(self) -> str:
        currency = _currency(self.cleaned_data["currency"])
        if not currency:
            raise ValidationError(_("Say in which currency."))
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        ad, post = cleaned.get("ad"), cleaned.get("post")
        if bool(ad) == bool(post) and not {"ad", "post"} & set(self.errors):
            raise ValidationError(_("Choose either an ad or a post."))
        elif cleaned.get("day") and self._is_told(ad, post, cleaned["day"]):
            self.add_error("day", _("Its spend of this day is in the list already; change it there."))
        spend = cleaned.get("spend")
        if spend is not None and spend < 0:
            self.add_error("spend", _("Spend cannot be less than nothing."))
        return cleaned

    def _is_told(self, ad: AdCampaign | None, post: Post | None, day: date) -> bool:
        return PerformanceMetric.objects.filter(ad=ad, post=post, day=day).exclude(pk=self.instance.pk).exists()


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy("CSV, as your ad platform exports it by ad and day."),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        required=False,
        max_length=3,
        widget=UnfoldAdminTextInputWidget(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=gettext_lazy("Three letters, such as EGP, for lines that name none."),
    )
    channel = forms.ModelChoiceField(
        Channel.objects.defer("credentials").order_by("name"),
        label=gettext_lazy("Channel of the ads"),
        required=False,
        empty_label=gettext_lazy("Any; only ads that we know"),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Ads of it that brought nobody so far are added, so that their cost is seen."),
    )

    def clean_currency(self) -> str:
        return _currency(self.cleaned_data["currency"])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(
                _("Larger than %(size)d MB. Give fewer days at a time.") % {"size": MOST_BYTES // 1024**2}
            )
        return file


class MetricDaysFilter(DaysFilter):
    lookup = "day"
    of_days = True


class MetricChannelFilter(ChannelFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        channel = self.value()
        return queryset if channel is None else queryset.of_channel(int(channel))  # type: ignore[attr-defined]  # ours


@admin.register(PerformanceMetric)
class PerformanceMetricAdmin(StaffAdmin):
    form = MetricForm
    list_display = ("what", "day", "cost", "reach", "clicked")
    list_select_related = ("ad", "post")
    list_filter = (MetricChannelFilter, OriginFilter, MetricDaysFilter)
    phone = {"what": "title", "day": "end", "cost": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-day", "-pk")
    raw_id_fields = ("ad", "post")
    fields = (("ad", "post"), "day", ("spend", "currency"), ("impressions", "clicks"))
    list_before_template = "campaigns/spend_bar.html"
    deletable = True
    empty_icon = "payments"
    empty_title = gettext_lazy("No spend yet")
    empty_hint = gettext_lazy("Upload what your ads cost, and the reports tell what a lead costs and what comes back.")

    def get_urls(self) -> list[URLPattern]:
        upload = path(
            "upload/", self.admin_site.admin_view(self.upload_view), name="campaigns_performancemetric_upload"
        )
        return [upload, *super().get_urls()]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take in a CSV file and say what became of each of its lines."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        refused: list[tuple[int, str]] = []
        if request.method == "POST" and form.is_valid():
            outcome = self._import(request, form)
            if outcome is not None and not outcome.refused:
                return HttpResponseRedirect(reverse("admin:campaigns_performancemetric_changelist"))
            refused = outcome.refused if outcome is not None else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Upload spend"),
            "form": form,
            "refused": refused[:REFUSED_SHOWN],
            "refused_more": max(0, len(refused) - REFUSED_SHOWN),
        }
        return TemplateResponse(request, "campaigns/upload_spend.html", context)

    def _import(self, request: HttpRequest, form: UploadForm) -> Outcome | None:
        given = form.cleaned_data
        try:
            outcome = import_spend(content=given["file"].read(), currency=given["currency"], channel=given["channel"])
        except Unreadable as error:
            form.add_error("file", str(error))
            return None
        (messages.warning if outcome.refused else messages.success)(request, outcome.sentence)
        return outcome

    @column(gettext_lazy("Ad or post"))
    def what(self, metric: PerformanceMetric) -> str:
        return markup.two_lines(metric.ad or metric.post, _("Ad") if metric.ad else _("Post"))

    @column(gettext_lazy("Spend"))
    def cost(self, metric: PerformanceMetric) -> str:
        return markup.money(metric.spend, metric.currency)

    @column(gettext_lazy("Shown"))
    def reach(self, metric: PerformanceMetric) -> str:
        return markup.grouped(metric.impressions) if metric.impressions else ""

    @column(gettext_lazy("Clicks"))
    def clicked(self, metric: PerformanceMetric) -> str:
        return markup.grouped(metric.clicks) if metric.clicks else ""


def spend_so_far(origin: Origin) -> SafeString | str:
    """Return what an ad or post cost until today, in each currency, as a link to its days."""
    found = PerformanceMetric.objects.filter(origin.condition()).order_by("currency").values_list("currency")
    sums: list[tuple[str, Decimal, int, int]] = [
        *found.annotate(cost=Sum("spend"), shown=Sum("impressions"), clicked=Sum("clicks"))
    ]
    if not sums:
        return ""
    costs = format_html_join(
        " + ", "{}", ((markup.money(cost, currency),) for currency, cost, _shown, _clicked in sums)
    )
    reached = _("shown %(shown)s times, %(clicked)s clicks") % {
        "shown": markup.grouped(sum(row[2] for row in sums)),
        "clicked": markup.grouped(sum(row[3] for row in sums)),
    }
    url = f"{reverse('admin:campaigns_performancemetric_changelist')}?by={origin.parameter}"
    return format_html("{} · {}", markup.link(url, costs), reached)
