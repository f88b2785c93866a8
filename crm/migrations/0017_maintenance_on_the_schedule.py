"""The database's maintenance on the schedule of installations that were seeded before there was any.

Rows are only added, and only where none of the three is there. Where one is, all three were, and one that is missing was deleted by
somebody: it stays away, as do rows of other tasks. Who deleted all three gets them back this once; switched off they stay off.
Nothing is added either where a row of somebody's own has one of the names, which are given once.
"""

from importlib import import_module

from django.db import migrations
from django.db.models import Q

SEED = import_module("crm.migrations.0014_schedule")
ROWS = [row for row in SEED.SCHEDULE if row[1].startswith("crm.maintenance.")]


def add(apps, schema_editor):
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(schema_editor.connection.alias)
    known = Q(task__in=[task for _name, task, _when in ROWS]) | Q(name__in=[name for name, _task, _when in ROWS])
    if not tasks.filter(known).exists():
        SEED.add(apps, schema_editor, ROWS)


class Migration(migrations.Migration):

    dependencies = [
        ("crm", "0016_erasure"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
