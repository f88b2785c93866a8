"""What `manage.py health` says of deliveries, the spool and what is to be sent."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Severity
from crm.tests.factories import make_channel
from messaging import health
from messaging.channels import Received
from messaging.ingest import spool
from messaging.models import WebhookDelivery
from messaging.tests.factories import make_delivery

pytestmark = pytest.mark.django_db


def deliver(count: int, status: str, seconds_ago: float = 0) -> None:
    channel = make_channel()
    at = timezone.now() - timedelta(seconds=seconds_ago)
    for number in range(count):
        delivery = make_delivery(channel, b'{"number": %d}' % number)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(status=status, received_at=at)
