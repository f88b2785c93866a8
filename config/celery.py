"""Celery, for scheduled and slow work: `celery --app config worker`, `celery --app config beat`."""

import os
import signal
import warnings
from typing import Any

from celery import Celery, signals
from celery.exceptions import WorkerShutdown
from celery.platforms import SecurityWarning
from celery.worker import state
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

warnings.filterwarnings("ignore", category=SecurityWarning)  # of root, who may run all of us; only JSON is read here
app = Celery("migochat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.backups", "crm.maintenance", "crm.metrics", "crm.retention"])
app.steps["worker"].add("crm.monitoring.celery_life:WorkerLife")
if settings.CELERY_BROKER_URL.startswith("filesystem"):
    for folder in ("queue", "control"):
        (settings.CELERY_BROKER_DIR / folder).mkdir(parents=True, exist_ok=True, mode=0o700)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # the package has no types
def keep_our_logging(**kwargs: Any) -> None:
    """Let log lines be what the settings say: a receiver keeps Celery from setting a level of its own for all of them."""


@signals.worker_ready.connect  # type: ignore[untyped-decorator]  # the package has no types
def end_at_once_when_idle(**kwargs: Any) -> None:
    """Let a worker without a task end as soon as it is told to, rather than after its next look into the broker."""
    warmly: Any = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: Any) -> None:
        warmly(number, frame)
        if not state.active_requests:
            raise WorkerShutdown(0)

    signal.signal(signal.SIGTERM, end)
