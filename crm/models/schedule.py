"""Scheduled work, under a name of its own."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_celery_beat.models import PeriodicTask


class ScheduledTask(PeriodicTask):  # type: ignore[misc]  # the package has no types
    """A periodic task of django-celery-beat, as the admin shows it."""

    class Meta:
        proxy = True
        verbose_name = gettext_lazy("scheduled task")
        verbose_name_plural = gettext_lazy("scheduled tasks")

    def __str__(self) -> str:
        return _(self.name)
