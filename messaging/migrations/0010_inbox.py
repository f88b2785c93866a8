import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who looks at a conversation, and indexes for what the inbox asks; nobody waits while those are built."""

    atomic = False
    dependencies = [
        ("messaging", "0009_profiles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ConversationViewer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('writing_at', models.DateTimeField(null=True)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='viewers', to='messaging.conversation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('conversation', 'user'), name='conversation_viewer_once')],
            },
        ),
        AddIndexConcurrently(
            model_name='conversation',
            index=models.Index(fields=['updated_at'], name='conversation_changed'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('direction', 'out'), ('status__in', [3, 5])), fields=['conversation'], name='message_of_ours_lost'),
        ),
    ]
