"""`docs/schema.md`: the tables and how they hang together, drawn from the models."""

from collections.abc import Iterator
from pathlib import Path

import pghistory.models
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connection
from django.db.models import Field, ForeignKey, GeneratedField, ManyToManyField, Model, OneToOneField

from crm.encrypted_fields import EncryptedField

HEADER = """\
# Tables

Drawn from the models by `manage.py schema_doc`; CI fails where this file is not up to date.

Every app knows only the apps above it in this file. Lines read from one row to the many that point at it; a circle means
that there may be none. Columns marked *encrypted* hold AES-256-GCM ciphertext, and `…_key` columns the blind index by which
such a value is found.
"""
HISTORY = """
## History

Triggers keep every change of some named fields, whoever makes it and by whatever way: {}.
"""
SHORT_TYPES = {
    "varchar": "varchar",
    "timestamp with time zone": "timestamptz",
    "double precision": "float",
}


def render() -> str:
    """Return the text of the document."""
    parts = [HEADER, *(_section(config) for config in _our_apps())]
    histories = [
        f"`{model._meta.db_table}`" for config in _our_apps() for model in config.get_models() if _is_history(model)
    ]
    if histories:
        parts.append(HISTORY.format(", ".join(sorted(histories))))
    return "".join(parts)


def _our_apps() -> list[AppConfig]:
    """Return the apps of this project, lowest layer first, as they stand in INSTALLED_APPS."""
    return [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]


def _is_history(model: type[Model]) -> bool:
    return issubclass(model, pghistory.models.Event)


def _section(config: AppConfig) -> str:
    models = [model for model in config.get_models() if not _is_history(model)]
    if not models:
        return ""
    relations = [line for model in models for line in _relations(model)]
    diagram = ["```mermaid", "erDiagram", *(line for model in models for line in _entity(model)), *relations, "```"]
    notes = [f"- `{model._meta.db_table}`: {_purpose(model)}" for model in models]
    return "\n".join([f"\n## {config.label}\n", *notes, "", *diagram, ""])


def _purpose(model: type[Model]) -> str:
    text = (model.__doc__ or "").strip()
    if not text or text.startswith(f"{model.__name__}("):  # Django's own, where the class has none
        return f"{model._meta.verbose_name_plural}."
    return text.splitlines()[0]


def _entity(model: type[Model]) -> Iterator[str]:
    yield f"    {model.__name__} {{"
    for field in model._meta.local_concrete_fields:
        yield f"        {_type(field)} {field.column}{_marks(field)}"
    yield "    }"


def _type(field: Field) -> str:  # type: ignore[type-arg]  # any column
    kind = (field.db_type(connection) or "").split("(")[0]
    return SHORT_TYPES.get(kind, kind).replace(" ", "_")


def _marks(field: Field) -> str:  # type: ignore[type-arg]  # any column
    keys = [
        mark
        for mark, holds in (("PK", field.primary_key), ("FK", field.is_relation), ("UK", field.unique))
        if holds and not (mark == "UK" and field.primary_key)
    ]
    comment = (
        "encrypted" if isinstance(field, EncryptedField) else "generated" if isinstance(field, GeneratedField) else ""
    )
    return (f" {', '.join(keys)}" if keys else "") + (f' "{comment}"' if comment else "")


def _relations(model: type[Model]) -> Iterator[str]:
    for field in model._meta.local_fields:
        if isinstance(field, ForeignKey):
            one = "|o" if field.null else "||"
            many = "o|" if isinstance(field, OneToOneField) else "o{"
            yield f"    {_name(field)} {one}--{many} {model.__name__} : {field.name}"
    for field in model._meta.local_many_to_many:
        if isinstance(field, ManyToManyField):
            yield f"    {_name(field)} }}o--o{{ {model.__name__} : {field.name}"


def _name(field: Field) -> str:  # type: ignore[type-arg]  # any relation
    target = field.related_model
    return target.__name__ if isinstance(target, type) else str(target)
