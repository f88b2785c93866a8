"""The start of the web process."""

import gc
import importlib

import pytest
from pytest_django.fixtures import Settings

from crm.canary import WrongKeys, create_canary
from crm.processes.settling import settle
from crm.tests.test_canary import OTHER_KEY


@pytest.mark.django_db
def test_it_starts_with_the_right_keys_only(settings: Settings) -> None:
    create_canary()
    wsgi = importlib.import_module("config.wsgi")
    settings.BLIND_INDEX_KEY = OTHER_KEY
    with pytest.raises(WrongKeys, match="BLIND_INDEX_KEY cannot be right"):
        importlib.reload(wsgi)


@pytest.mark.django_db
def test_the_collector_leaves_what_is_loaded_alone_from_the_first_page_on(monkeypatch: pytest.MonkeyPatch) -> None:
    create_canary()
    wsgi = importlib.import_module("config.wsgi")
    frozen: list[str] = []
    settle.cache_clear()
    for handler in ("for_people", "for_platforms"):
        monkeypatch.setattr(wsgi, handler, lambda _environ, _start: [b"answered"])
    for path in ("/webhooks/shop/", "/admin/", "/admin/inbox/"):
        monkeypatch.setattr(gc, "freeze", lambda path=path: frozen.append(path))
        assert wsgi.application({"PATH_INFO": path}, lambda *_told: None) == [b"answered"]
    assert frozen == ["/admin/"]
