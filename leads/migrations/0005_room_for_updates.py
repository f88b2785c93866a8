"""Let a message change its lead and customer in place, without an entry in each of their indexes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_seed_rules"), ("crm", "0003_duplicates_and_export")]

    operations = [
        migrations.AlterField(
            "lead",
            "last_message",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads_touched",
                to="messaging.message",
            ),
        ),
        migrations.RemoveIndex("lead", "lead_stage_sums"),
        migrations.AddIndex(
            "lead",
            models.Index(
                condition=models.Q(("merged_into", None)),
                fields=["stage", "currency"],
                include=("value", "owner", "team"),
                name="lead_stage_sums",
            ),
        ),
        migrations.RunSQL("ALTER TABLE leads_lead SET (fillfactor = 80)", "ALTER TABLE leads_lead RESET (fillfactor)"),
        migrations.RunSQL(
            "ALTER TABLE crm_customer SET (fillfactor = 80)", "ALTER TABLE crm_customer RESET (fillfactor)"
        ),
    ]
