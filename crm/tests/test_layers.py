"""No foreign key points to an upper layer; import-linter cannot see those given by name."""

from django.apps import apps
from django.db.models import ForeignObject, ManyToManyField, Model

LAYERS = ("crm", "campaigns", "messaging", "leads")  # lowest first


def test_no_relation_points_up() -> None:
    upward = [
        f"{model._meta.label}.{field.name}"
        for app in LAYERS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=True)
        if isinstance(field, ForeignObject | ManyToManyField) and _layer(field.related_model) > _layer(model)
    ]
    assert upward == []


def _layer(model: type[Model] | str | None) -> int:
    assert isinstance(model, type), model
    label = model._meta.app_label
    return LAYERS.index(label) if label in LAYERS else -1


def test_it_would_be_seen() -> None:
    message, channel = apps.get_model("messaging", "Message"), apps.get_model("crm", "Channel")
    targets = [field.related_model for field in message._meta.get_fields() if isinstance(field, ForeignObject)]
    assert channel in targets
    assert _layer(message) > _layer(channel)
