"""How the installation does: what `manage.py health` finds, and what was found before."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.pages import staff_page
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.markup import Tone, column
from crm.models import Incident, Severity
from crm.monitoring.findings import Finding, look

SEE = "crm.view_incident"
OPEN_SHOWN = 20
TONES: dict[int, Tone] = {Severity.OK: "good", Severity.WARNING: "warning", Severity.CRITICAL: "bad"}
ICONS = {Severity.OK: "check_circle", Severity.WARNING: "warning", Severity.CRITICAL: "error"}


def _row(finding: Finding) -> dict[str, Any]:
    return {"finding": finding, "icon": ICONS[finding.severity], "tone": TONES[finding.severity]}


@staff_page("health/", name="health", permission=SEE)
@require_safe
def health_page(request: HttpRequest) -> HttpResponse:
    """What is wrong, with what to do; below it what is well."""
    health = look()
    context = {
        **admin.site.each_context(request),
        "title": _("Health"),
        "wrong": [_row(finding) for finding in health.worst_first if finding.severity],
        "well": [_row(finding) for finding in health.findings if not finding.severity],
        "severity": health.severity,
        "incidents": [] if "database" in {one.key for one in health.findings if one.severity} else _open_incidents(),
    }
    return TemplateResponse(request, "migochat/health.html", context)


def _open_incidents() -> list[Incident]:
    return list(Incident.objects.open()[:OPEN_SHOWN])


@admin.register(Incident)
class IncidentAdmin(ReadOnly, StaffAdmin):
    """Rows are written by those who watch; here they are only read."""

    list_display = ("what", "state_now", "begun", "over", "told")
    list_filter = (choice_filter("severity", gettext_lazy("severity"), list(Severity.choices[1:])),)
    phone = {"what": "title", "state_now": "badge", "begun": "line"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-pk",)
    fields = (
        "title",
        "state_now",
        "summary",
        "advice",
        "first_seen_at",
        "opened_at",
        "last_seen_at",
        "closed_at",
        "notices_sent",
    )
    readonly_fields = fields
    empty_icon = "verified"
    empty_title = gettext_lazy("Nothing has gone wrong")
    empty_hint = gettext_lazy("What is wrong for some minutes is kept here, with when it was over.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(opened_at__isnull=False)

    @column(gettext_lazy("What"))
    def what(self, incident: Incident) -> str:
        return markup.two_lines(incident.title, incident.summary[:150])

    @column(gettext_lazy("State"))
    def state_now(self, incident: Incident) -> str:
        if incident.closed_at:
            return markup.chip(_("Over"), "good")
        return markup.chip(incident.get_severity_display(), TONES[incident.severity])

    @column(gettext_lazy("Since"))
    def begun(self, incident: Incident) -> str:
        return markup.ago(incident.first_seen_at)

    @column(gettext_lazy("Over"))
    def over(self, incident: Incident) -> str:
        return markup.ago(incident.closed_at) if incident.closed_at else ""

    @column(gettext_lazy("Told"))
    def told(self, incident: Incident) -> str:
        return markup.ago(incident.notified_at) if incident.notified_at else ""

    @column(gettext_lazy("Told by"))
    def notices_sent(self, incident: Incident) -> str:
        lines = [
            f"{notice.get_event_display()}, {notice.get_way_display()}: "
            + (markup.moment(notice.sent_at) if notice.sent_at else notice.error or _("not yet"))
            for notice in incident.notices.order_by("pk")
        ]
        return "; ".join(lines)
