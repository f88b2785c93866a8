"""System checks: misconfiguration shows in `manage.py check`, not at night."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from crm.encryption import decode_key


@register(Tags.security)
def encryption_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Both kinds of key are there and well-formed."""
    found: list[CheckMessage] = []
    if not settings.FIELD_ENCRYPTION_KEYS:
        found.append(Error("FIELD_ENCRYPTION_KEYS is empty.", hint="`make run` writes .env with new keys.", id="crm.E001"))
    for setting, keys in (
        ("FIELD_ENCRYPTION_KEYS", settings.FIELD_ENCRYPTION_KEYS),
        ("BLIND_INDEX_KEY", [settings.BLIND_INDEX_KEY]),
    ):
        for key in keys:
            try:
                decode_key(key, setting)
            except ImproperlyConfigured as error:
                found.append(Error(str(error), id="crm.E002"))
    if settings.BLIND_INDEX_KEY in settings.FIELD_ENCRYPTION_KEYS:
        found.append(Error("BLIND_INDEX_KEY must not be one of FIELD_ENCRYPTION_KEYS.", id="crm.E003"))
    return found


@register()
def drains(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every drain of the settings can be imported."""
    found: list[CheckMessage] = []
    for name, path in settings.DRAINS.items():
        module, _, attribute = path.rpartition(".")
        try:
            getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            found.append(Error(f"DRAINS[{name!r}] cannot be imported: {error}", id="crm.E004"))
    return found


@register(Tags.security, deploy=True)
def public_address(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Platforms deliver to HTTPS only, and Twilio signs the address as it was told it."""
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        return []
    return [Warning("PUBLIC_BASE_URL is not https.", hint="Set it to the address platforms reach.", id="crm.W001")]


@register(Tags.database)
def postgres_version(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """The server is new enough."""
    from django.db import connections

    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            found.append(Error("The database must be PostgreSQL 15 or newer.", id="crm.E005"))
        elif connection.get_database_version() < (15,):
            found.append(Error("PostgreSQL 15 or newer is needed.", id="crm.E005"))
    return found
