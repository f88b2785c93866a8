"""When scheduled work is done. Seeded once by migrations; what is set here stays."""

from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from crm import markup
from crm.admin.staff_admin import StaffAdmin
from crm.backups.schedule import next_time
from crm.markup import column
from crm.models import ScheduledTask

LAST_DAY = 28  # every month has it
EVERY_DAY = ""

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A time of day, on every day, one day of each week, or one of each month."""

    at = forms.TimeField(label=gettext_lazy("At"), widget=UnfoldAdminTextInputWidget(attrs={"type": "time"}))
    day = forms.ChoiceField(label=gettext_lazy("On"), required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = ScheduledTask
        fields = ("enabled",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        crontab = self.instance.crontab
        self.fields["enabled"].label, self.fields["enabled"].help_text = _("Switched on"), ""
        self.fields["day"].choices = day_choices()  # type: ignore[attr-defined]  # of a choice field
        self.fields["at"].help_text = _("On the clock of %(zone)s.") % {"zone": settings.TIME_ZONE}
        if crontab is not None:
            self.initial.update(at=f"{time_of(crontab):%H:%M}", day=day_of(crontab))


def day_choices() -> list[tuple[str, str]]:
    """Return what can be chosen: every day, a day of the week (`w0`: Sunday), a day of the month (`m1`)."""
    week = [(f"w{(number + 1) % 7}", str(name)) for number, name in WEEKDAYS.items()]
    month = [(f"m{day}", _("day %(day)d of the month") % {"day": day}) for day in range(1, LAST_DAY + 1)]
    return [(EVERY_DAY, _("every day")), *week, *month]


def time_of(crontab: Any) -> time:
    """Return a crontab's time of day."""
    return time(int(crontab.hour), int(crontab.minute))


def day_of(crontab: Any) -> str:
    """Return the choice that a crontab stands for."""
    if crontab.day_of_month != "*":
        return f"m{crontab.day_of_month}"
    return f"w{crontab.day_of_week}" if crontab.day_of_week != "*" else EVERY_DAY


@admin.register(ScheduledTask)
class ScheduledTaskAdmin(StaffAdmin):
    form = ScheduleForm
    list_display = ("what", "when", "next_run", "is_on")
    list_select_related = ("crontab",)
    phone = {"what": "title", "when": "line", "is_on": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    fields = ("enabled", "at", "day")
    empty_icon = "schedule"
    empty_title = gettext_lazy("Nothing is scheduled")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Give the task a crontab of its own with what was set, on the clock of the shop."""
        at, day = form.cleaned_data["at"], form.cleaned_data["day"]
        values = {
            "minute": str(at.minute),
            "hour": str(at.hour),
            "day_of_week": day[1:] if day.startswith("w") else "*",
            "day_of_month": day[1:] if day.startswith("m") else "*",
            "month_of_year": "*",
            "timezone": settings.TIME_ZONE,
        }
        obj.crontab = CrontabSchedule.objects.filter(**values).first() or CrontabSchedule.objects.create(**values)
        obj.save()
        PeriodicTasks.update_changed()  # which tells beat

    @column(gettext_lazy("What"))
    def what(self, task: Any) -> str:
        return markup.two_lines(task)

    @column(gettext_lazy("When"))
    def when(self, task: Any) -> str:
        if task.crontab is None:
            return ""
        day = dict(day_choices()).get(day_of(task.crontab), "")
        return f"{time_format(time_of(task.crontab), 'TIME_FORMAT')}, {day}"

    @column(gettext_lazy("Next"))
    def next_run(self, task: Any) -> str:
        if not task.enabled or task.crontab is None:
            return ""
        return markup.moment(next_time(task, task.last_run_at or task.date_changed))

    @column(gettext_lazy("State"))
    def is_on(self, task: Any) -> str:
        return markup.chip(_("On"), "good") if task.enabled else markup.chip(_("Off"), "warning")


#: What migrations call the tasks, for those who translate.
NAMES = (
    gettext_lazy("Backup"),
    gettext_lazy("Storage space for backups"),
    gettext_lazy("Proof of the newest backup"),
    gettext_lazy("Drill with the newest backup"),
    gettext_lazy("Figures of the last weeks"),
    gettext_lazy("Removal of what is old"),
    gettext_lazy("Maintenance of the database, daily"),
    gettext_lazy("Maintenance of the database, weekly"),
    gettext_lazy("Maintenance of the database, monthly"),
)
