"""Copies of attachments. Those that are there already stay links: a default is changed in no time, a table is not."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("messaging", "0010_inbox"),
        ("crm", "0011_channel_keeps_media"),
    ]

    operations = [
        migrations.CreateModel(
            name='FileToRemove',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('remove_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'file to be removed',
                'verbose_name_plural': 'files to be removed',
            },
        ),
        migrations.CreateModel(
            name='MediaFetch',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='next attempt')),
                ('reason', models.CharField(blank=True, max_length=20, verbose_name='reason')),
                ('code', models.CharField(blank=True, max_length=100, verbose_name="platform's code")),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('attachment', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='fetch', serialize=False, to='messaging.attachment')),
            ],
            options={
                'verbose_name': 'file to be fetched',
                'verbose_name_plural': 'files to be fetched',
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='attachment',
            name='found_type',
            field=models.CharField(blank=True, db_default='', max_length=50, verbose_name='kind of our copy'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='height',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='attachment',
            name='problem',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='why there is none'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='state',
            field=models.CharField(choices=[('new', 'New'), ('waiting', 'Waiting to be fetched'), ('kept', 'Kept'), ('linked', 'Linked only'), ('failed', 'Could not be fetched')], db_default='linked', default='new', max_length=7, verbose_name='our copy'),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='state',
            field=models.CharField(choices=[('new', 'New'), ('waiting', 'Waiting to be fetched'), ('kept', 'Kept'), ('linked', 'Linked only'), ('failed', 'Could not be fetched')], db_default='new', default='new', max_length=7, verbose_name='our copy'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='thumbnail',
            field=models.FileField(blank=True, db_default='', max_length=200, upload_to='', verbose_name='small picture'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='width',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='attachment',
            trigger=pgtrigger.compiler.Trigger(name='files_go_with_it', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.file <> '' OR OLD.thumbnail <> '')", func="\n                    INSERT INTO messaging_filetoremove (name, remove_at)\n                    SELECT name, now() FROM unnest(ARRAY[OLD.file, OLD.thumbnail]) AS name WHERE name <> ''\n                    ON CONFLICT (name) DO UPDATE SET remove_at = now();\n                    RETURN NULL;\n                ", hash='ca57910b69c18ee7e19e0793cb07a7651be74d99', operation='DELETE', pgid='pgtrigger_files_go_with_it_bf712', table='messaging_attachment', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='filetoremove',
            index=models.Index(fields=['remove_at'], name='file_to_remove_due'),
        ),
        migrations.AddField(
            model_name='mediafetch',
            name='channel',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.channel'),
        ),
        migrations.AddIndex(
            model_name='mediafetch',
            index=models.Index(condition=models.Q(('finished_at', None)), fields=['next_attempt_at'], name='mediafetch_due'),
        ),
    ]
