"""Celery, for scheduled and slow work: `celery --app config worker`, `celery --app config beat`."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("migochat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.backups"])
if settings.CELERY_BROKER_URL.startswith("filesystem"):
    for folder in ("queue", "control"):
        (settings.CELERY_BROKER_DIR / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
