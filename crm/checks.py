"""System checks: misconfiguration shows in `manage.py check`, not at night."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections
from django.db.models import UUIDField
from django.utils.module_loading import import_string

from crm.encrypted_fields import encrypted_fields
from crm.encryption import decode_key

OLDEST_POSTGRES = (15,)
#: What a command looks at before it works: how it is set up. That the code is sound is for `manage.py check`, and takes a while.
BEFORE_WORK = (Tags.security, Tags.files)


@register(Tags.security)
def encryption_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Both kinds of key are there and well-formed."""
    found: list[CheckMessage] = []
    if not settings.FIELD_ENCRYPTION_KEYS:
        found.append(
            Error("FIELD_ENCRYPTION_KEYS is empty.", hint="`make run` writes .env with new keys.", id="crm.E001")
        )
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
    """Every drain of the settings can be imported, and is one."""
    found: list[CheckMessage] = []
    for name, path in settings.DRAINS.items():
        try:
            drain = import_string(path)
        except ImportError as error:
            found.append(Error(f"DRAINS[{name!r}] cannot be imported: {error}", id="crm.E004"))
        else:
            if not callable(getattr(drain, "run_batch", None)):
                found.append(Error(f"DRAINS[{name!r}] has no run_batch().", id="crm.E004"))
    return found


@register(Tags.files)
def storage_of_files(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A bucket for files is named whole or not at all."""
    return [Error(problem, hint="See docs/operations.md.", id="crm.E009") for problem in settings.STORAGE_PROBLEMS]


@register(Tags.models)
def encrypted_values_are_tied_down(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every encrypted field has a label of its own and a row's `uid`; else values could be moved about unnoticed."""
    found: list[CheckMessage] = []
    fields = list(encrypted_fields())
    count = Counter(field.label for _, field in fields)
    for model, field in fields:
        if count[field.label] > 1:
            found.append(Error(f"Another encrypted field is labelled {field.label!r} too.", obj=field, id="crm.E006"))
        try:
            tied = isinstance(model._meta.get_field("uid"), UUIDField)
        except FieldDoesNotExist:
            tied = False
        if not tied:
            found.append(Error("A model with encrypted fields needs a UUIDField named uid.", obj=field, id="crm.E007"))
    return found


@register(Tags.security, deploy=True)
def public_address(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Platforms deliver to HTTPS only, and Twilio signs the address as it was told it."""
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        return []
    return [Warning("PUBLIC_BASE_URL is not https.", hint="Set it to the address platforms reach.", id="crm.W001")]


#: Of PostgreSQL's `sslmode`: those that do not fall back to plain text.
ENCRYPTED = ("require", "verify-ca", "verify-full")
HERE = ("", "localhost", "127.0.0.1", "::1")


@register(Tags.security, deploy=True)
def encrypted_on_the_way(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """What leaves this machine for the database, its replica or Redis is encrypted. No address is shown: it holds a password."""
    found: list[CheckMessage] = []
    for alias, name in (("default", "DATABASE_URL"), ("replica", "DATABASE_REPLICA_URL")):
        place = settings.DATABASES.get(alias, {})
        host = str(place.get("HOST") or "")
        if _is_elsewhere(host) and place.get("OPTIONS", {}).get("sslmode") not in ENCRYPTED:
            hint = "Add ?sslmode=verify-full&sslrootcert=FILE, or at least ?sslmode=require."
            found.append(Warning(f"{name} leads to another machine without TLS.", hint=hint, id="crm.W002"))
    cache = settings.CACHES["default"].get("LOCATION", "")
    for name, urls in (("CACHE_URL", cache), ("CELERY_BROKER_URL", settings.CELERY_BROKER_URL)):
        for url in [urls] if isinstance(urls, str) else urls:
            parts = urlsplit(url)
            if parts.scheme in ("redis", "amqp", "pyamqp") and _is_elsewhere(parts.hostname or ""):
                hint = f"Use {'rediss' if parts.scheme == 'redis' else 'amqps'}://, as docs/operations.md describes."
                found.append(Warning(f"{name} leads to another machine without TLS.", hint=hint, id="crm.W003"))
    return found


def _is_elsewhere(host: str) -> bool:
    """Tell whether a host is another machine; a path is a socket of this one."""
    return host not in HERE and not host.startswith("/")


@register(Tags.database)
def postgres(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """The server is PostgreSQL, new enough, and the database knows the letters of all scripts."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql" or connection.get_database_version() < OLDEST_POSTGRES:
            found.append(Error("The database must be PostgreSQL 15 or newer.", obj=alias, id="crm.E005"))
        elif not _knows_letters(connection):
            found.append(
                Error(
                    "The database takes letters beyond ASCII for none, so that Arabic could not be searched.",
                    hint="Create it anew: createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8 NAME",
                    obj=alias,
                    id="crm.E008",
                )
            )
    return found


def _knows_letters(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT getdatabaseencoding()")
        if cursor.fetchone() != ("UTF8",):
            return False
        cursor.execute("SELECT 'ب' ~ '^[[:alpha:]]$'")
        return bool(cursor.fetchone()[0])
