"""Tool calls by when they ended and when they were stored: what rules judge, from the next span on."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0004_search_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndedCalls',
            fields=[
                ('first_try', models.IntegerField(default=0)),
                ('after_retry', models.IntegerField(default=0)),
                ('after_fallback', models.IntegerField(default=0)),
                ('from_cache', models.IntegerField(default=0)),
                ('authorization', models.IntegerField(default=0)),
                ('rate_limit', models.IntegerField(default=0)),
                ('arguments', models.IntegerField(default=0)),
                ('breaker', models.IntegerField(default=0)),
                ('timeout', models.IntegerField(default=0)),
                ('provider_error', models.IntegerField(default=0)),
                ('returned_failure', models.IntegerField(default=0)),
                ('tool_bug', models.IntegerField(default=0)),
                ('pk', models.CompositePrimaryKey('resolution_s', 'stored_at', 'ended_at', 'series_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('resolution_s', models.IntegerField(help_text='5 or 60')),
                ('stored_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('longest_ms', models.FloatField(default=0.0, help_text='The duration of the longest of them.')),
                ('series', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.series')),
            ],
            options={
                'db_table': 'telemetry_ended',
            },
        ),
        # Rows are updated often while they are new: room on the page keeps that off the index.
        migrations.RunSQL("ALTER TABLE telemetry_ended SET (fillfactor = 80);", migrations.RunSQL.noop),
    ]
