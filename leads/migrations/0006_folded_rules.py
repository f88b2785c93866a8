"""Fold the texts of rules and products as they are written, not in each search."""

import crm.folding
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0005_room_for_updates"),
    ]

    operations = [
        migrations.AddField(
            model_name="classificationrule",
            name="folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=crm.folding.Folded(
                    django.db.models.functions.text.Concat(
                        models.F("value"), models.Value("\n"), models.F("keywords"), output_field=models.TextField()
                    )
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=crm.folding.Folded(
                    django.db.models.functions.text.Concat(
                        models.F("name"),
                        models.Value("\n"),
                        models.F("sku"),
                        models.Value("\n"),
                        models.F("keywords"),
                        output_field=models.TextField(),
                    )
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="scoringrule",
            name="folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=crm.folding.Folded(
                    django.db.models.functions.text.Concat(
                        models.F("name"),
                        models.Value("\n"),
                        models.F("value"),
                        models.Value("\n"),
                        models.F("keywords"),
                        output_field=models.TextField(),
                    )
                ),
                output_field=models.TextField(),
            ),
        ),
    ]
