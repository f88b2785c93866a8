"""Who tests of leads look through: a seller, their browser, and a lead of theirs; and pages without their frame."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crm.models import User
from crm.tests.factories import make_customer
from leads.models import Lead
from leads.tests.factories import make_lead
from messaging.tests.admin_world import client_of, colleague


@pytest.fixture
def seller() -> User:
    user = colleague("seller")
    user.full_name = "Ana Lima"
    user.save()
    return user


@pytest.fixture
def browser(seller: User) -> Client:
    return client_of(seller)


@pytest.fixture
def lead(seller: User) -> Lead:
    return make_lead(make_customer(name="Mona Adel", owner=seller), owner=seller)


@pytest.fixture
def bare_frame(settings: Any) -> None:
    """Leave out what all pages share, where it makes no difference: it takes most of their time."""
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [Path(__file__).with_name("bare_frame"), *engine["DIRS"]]}]
