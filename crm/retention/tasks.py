"""What workers are told to do with what is old. Killed at any moment, the next run goes on where this one was."""

from celery import shared_task

from crm.retention.removing import run_rules

NIGHTLY = "crm.retention.remove_old"


@shared_task(name=NIGHTLY)  # type: ignore[untyped-decorator]  # the package has no types
def nightly() -> None:
    """Remove what is old enough."""
    run_rules()
