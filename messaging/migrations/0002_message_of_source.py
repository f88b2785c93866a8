from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """The list of messages by source, on a table that goes on being written."""

    atomic = False

    dependencies = [
        ('messaging', '0001_initial'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(
                models.F('source'),
                models.OrderBy(F('at'), descending=True),
                models.OrderBy(F('id'), descending=True),
                condition=Q(('source', 'direct'), _negated=True),
                name='message_of_source',
            ),
        ),
    ]
