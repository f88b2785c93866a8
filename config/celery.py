"""Celery, for scheduled and slow work: `celery --app config worker`, `celery --app config beat`."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

warnings.filterwarnings("ignore", category=SecurityWarning)  # of root, who may run all of us; only JSON is read here
app = Celery("migochat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.backups", "crm.metrics", "crm.retention"])
if settings.CELERY_BROKER_URL.startswith("filesystem"):
    for folder in ("queue", "control"):
        (settings.CELERY_BROKER_DIR / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
