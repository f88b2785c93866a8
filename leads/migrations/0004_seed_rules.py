"""The rules that a new installation begins with; staff change them in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from leads.shipped_rules import expanded
from leads.shipped_rules.classification import LANGUAGES, shipped
from leads.shipped_rules.scoring import SCORING


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add every shipped rule of which there is none; what staff made of theirs stays."""
    database = editor.connection.alias
    rules = apps.get_model("leads", "ClassificationRule").objects.using(database)
    for rule in shipped():
        values = {"keywords": rule.keywords, "weight": rule.weight, "order": rule.order}
        rules.get_or_create(aspect=rule.aspect, value=rule.value, language=rule.language, defaults=values)
    scoring = apps.get_model("leads", "ScoringRule").objects.using(database)
    for order, rule in enumerate(SCORING, start=1):
        phrases = ",".join(getattr(module, rule.phrases, "") for _code, module in LANGUAGES) if rule.phrases else ""
        values = {
            "looks_for": rule.looks_for,
            "value": rule.value,
            "keywords": "\n".join(dict.fromkeys(expanded(phrases))),
            "points": rule.points,
            "ceiling": rule.ceiling,
            "half_life_days": rule.half_life_days,
            "order": order * 10,
        }
        scoring.get_or_create(name=rule.name, defaults=values)


def unseed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the shipped rules away; scoring rules that gave points stay, since their entries name them."""
    database = editor.connection.alias
    rules = apps.get_model("leads", "ClassificationRule").objects.using(database)
    for rule in shipped():
        rules.filter(aspect=rule.aspect, value=rule.value, language=rule.language).delete()
    names = [rule.name for rule in SCORING]
    apps.get_model("leads", "ScoringRule").objects.using(database).filter(name__in=names, entries=None).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_merged_leads")]

    operations = [migrations.RunPython(seed, unseed)]
