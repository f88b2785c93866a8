"""What workers are told to do with figures. A task is a hint only: the drain `figures` sees in the table what was not counted."""

from celery import shared_task

from crm.metrics.rolling import count_last_days

NIGHTLY = "crm.metrics.count_last_days"


@shared_task(name=NIGHTLY)  # type: ignore[untyped-decorator]  # the package has no types
def nightly() -> None:
    """Count the last days again, for what came late or was changed since."""
    count_last_days()
