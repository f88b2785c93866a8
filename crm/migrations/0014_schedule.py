"""When scheduled work is done: put there once, and from then on as administrators set it."""

from django.conf import settings
from django.db import migrations

# Name, task, and when in cron's words: minute, hour, day of the week, day of the month.
SCHEDULE = [
    ("Backup", "crm.backups.backup", ("0", "2", "*", "*")),
    ("Storage space for backups", "crm.backups.space", ("30", "1", "*", "*")),
    ("Proof of the newest backup", "crm.backups.verify", ("0", "4", "0", "*")),
    ("Drill with the newest backup", "crm.backups.drill", ("0", "5", "*", "1")),
    ("Figures of the last weeks", "crm.metrics.count_last_days", ("15", "3", "*", "*")),
    ("Removal of what is old", "crm.retention.remove_old", ("45", "3", "*", "*")),
    ("Maintenance of the database, daily", "crm.maintenance.daily", ("30", "4", "*", "*")),
    ("Maintenance of the database, weekly", "crm.maintenance.weekly", ("30", "5", "0", "*")),
    ("Maintenance of the database, monthly", "crm.maintenance.monthly", ("30", "6", "*", "1")),
]


def add(apps, schema_editor, rows):
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects.using(schema_editor.connection.alias)
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(schema_editor.connection.alias)
    for name, task, (minute, hour, day_of_week, day_of_month) in rows:
        crontab = crontabs.create(
            minute=minute,
            hour=hour,
            day_of_week=day_of_week,
            day_of_month=day_of_month,
            timezone=settings.TIME_ZONE,
        )
        tasks.create(name=name, task=task, crontab=crontab)


def seed(apps, schema_editor):
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(schema_editor.connection.alias)
    known = set(tasks.values_list("task", flat=True))
    add(apps, schema_editor, [row for row in SCHEDULE if row[1] not in known])


def remove(apps, schema_editor):
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using(schema_editor.connection.alias)
    tasks.filter(task__in=[task for _name, task, _when in SCHEDULE]).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("crm", "0013_backups"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(seed, remove),
    ]
