"""Backups: what was made and proven, when the next is due, and a button to make one now."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.pages import staff_page
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.backups import schedule
from crm.backups.making import our_keys, request_backup
from crm.backups.state import state_of_backups
from crm.markup import Tone, column
from crm.models import Backup
from crm.visibility import user_of

MAKE = "crm.add_backup"
TONES: dict[str, Tone] = {
    Backup.State.REQUESTED: "info",
    Backup.State.RUNNING: "info",
    Backup.State.COMPLETE: "neutral",
    Backup.State.VERIFIED: "good",
    Backup.State.FAILED: "bad",
}


@admin.register(Backup)
class BackupAdmin(ReadOnly, StaffAdmin):
    """Rows are written by those who make and prove backups; here they are only read."""

    list_display = ("what", "state_now", "holds", "proven", "kept")
    list_filter = (choice_filter("state", gettext_lazy("state"), Backup.State.choices),)
    list_before_template = "migochat/backups_head.html"
    phone = {"what": "title", "state_now": "badge", "kept": "line"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-pk",)
    fields = (
        "name",
        "state_now",
        "reason",
        "trigger",
        "requested_by",
        "snapshot_at",
        "finished_at",
        "verified_at",
        "drilled_at",
        "removed_at",
        "holds",
        "sha256",
    )
    readonly_fields = fields
    empty_icon = "settings_backup_restore"
    empty_title = gettext_lazy("No backup yet")
    empty_hint = gettext_lazy("The first is made in the night, or now by the button.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        state = state_of_backups()
        head = {
            "state": state,
            "next": schedule.due_after(schedule.BACKUP, state.made),
            "may_make": request.user.has_perm(MAKE),
            "has_recovery_key": our_keys().has_recovery(),
        }
        return super().changelist_view(request, {**(extra_context or {}), "backups": head})

    @column(gettext_lazy("State of"))
    def what(self, backup: Backup) -> str:
        when = markup.moment(backup.snapshot_at or backup.created_at)
        return markup.two_lines(when, backup.get_trigger_display())

    @column(gettext_lazy("State"))
    def state_now(self, backup: Backup) -> str:
        return markup.chip(backup.get_state_display(), TONES[backup.state], title=backup.reason)

    @column(gettext_lazy("In it"))
    def holds(self, backup: Backup) -> str:
        if backup.size is None or backup.rows is None:
            return ""
        return markup.two_lines(
            filesizeformat(backup.size), _("%(count)s rows") % {"count": markup.grouped(backup.rows)}
        )

    @column(gettext_lazy("Proven"))
    def proven(self, backup: Backup) -> str:
        return markup.ago(backup.verified_at)

    @column(gettext_lazy("File"))
    def kept(self, backup: Backup) -> str:
        if not backup.sha256:
            return backup.reason[:100]
        return markup.left_to_right(backup.name) if backup.removed_at is None else _("Removed, as newer ones are kept")


@staff_page("backup-now/", name="backup_now", permission=MAKE)
@require_POST
def backup_now(request: HttpRequest) -> HttpResponse:
    """Ask for a backup. A drain tells a worker, so that this page never waits for a broker."""
    request_backup(by=user_of(request))
    messages.success(request, _("A backup is being made. This page shows how far it is."))
    return HttpResponseRedirect(reverse("admin:crm_backup_changelist"))
