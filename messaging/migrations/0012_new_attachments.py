"""Find new attachments without reading them all. Made beside all work: nobody waits for it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index that is made concurrently cannot be made in a transaction

    dependencies = [
        ("messaging", "0011_media"),
    ]

    operations = [
        AddIndexConcurrently(
            "attachment",
            models.Index(fields=["id"], name="attachment_new", condition=models.Q(("state", "new"))),
        ),
    ]
