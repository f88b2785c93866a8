"""Ask for the answers of lead forms that came in before we could."""

from django.db import migrations

AWAIT = """
    INSERT INTO messaging_leadformanswer
        (message_id, uid, created_at, updated_at, channel_id, form_id, attempts, next_attempt_at, reason, code)
    SELECT message.id, gen_random_uuid(), now(), now(), message.channel_id, left(COALESCE(message.referral ->> 'form_id', ''), 100),
        0, now(), '', ''
    FROM messaging_message AS message
    JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    WHERE message.type = 'lead_form' AND message.direction = 'in' AND identity.is_placeholder
    ON CONFLICT (message_id) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ("messaging", "0005_lead_forms"),
    ]

    operations = [
        migrations.RunSQL(AWAIT, migrations.RunSQL.noop),
    ]
