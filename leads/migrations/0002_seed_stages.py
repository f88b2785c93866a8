"""The stages that a new installation begins with; staff change them in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# (slug, name, kind, colour, from score)
STAGES = (
    ("intake", "Intake", "open", "neutral", None),
    ("nurture", "Nurture", "open", "info", 20),
    ("qualified", "Qualified", "open", "primary", 50),
    ("hot", "Hot", "open", "warning", 75),
    ("in-progress", "In progress", "open", "primary", None),
    ("converted", "Converted", "won", "good", None),
    ("lost", "Lost", "lost", "bad", None),
    ("unqualified", "Unqualified", "lost", "neutral", None),
)


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    stages = apps.get_model("leads", "Stage").objects.using(editor.connection.alias)
    for order, (slug, name, kind, colour, min_score) in enumerate(STAGES, start=1):
        values = {"name": name, "order": order * 10, "kind": kind, "colour": colour, "min_score": min_score}
        stages.get_or_create(slug=slug, defaults=values)


def unseed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("leads", "Stage").objects.using(editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [migrations.RunPython(seed, unseed)]
