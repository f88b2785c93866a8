"""The start of the web process."""

import importlib

import pytest
from pytest_django.fixtures import Settings

from crm.canary import WrongKeys, create_canary
from crm.tests.test_canary import OTHER_KEY


@pytest.mark.django_db
def test_it_starts_with_the_right_keys_only(settings: Settings) -> None:
    create_canary()
    wsgi = importlib.import_module("config.wsgi")
    settings.BLIND_INDEX_KEY = OTHER_KEY
    with pytest.raises(WrongKeys, match="BLIND_INDEX_KEY cannot be right"):
        importlib.reload(wsgi)
