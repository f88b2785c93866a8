"""When what is old is removed: put there once, and from then on as administrators set it."""

from django.conf import settings
from django.db import migrations

NAME, TASK = "Removal of what is old", "crm.retention.remove_old"
AT = {"minute": "45", "hour": "3", "day_of_week": "*", "day_of_month": "*"}


def seed(apps, schema_editor):
    alias = schema_editor.connection.alias
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(alias)
    if not tasks.filter(task=TASK).exists():
        crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects.using(alias)
        tasks.create(name=NAME, task=TASK, crontab=crontabs.create(**AT, timezone=settings.TIME_ZONE))


def remove(apps, schema_editor):
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(schema_editor.connection.alias)
    tasks.filter(task=TASK).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("crm", "0016_monitoring"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(seed, remove),
    ]
