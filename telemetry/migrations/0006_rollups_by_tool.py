"""Rollups of a day, and rollups of tool calls by tool alone; both are filled from the stored ones."""

import django.contrib.postgres.fields
from django.db import migrations, models

CALLS = (
    "first_try", "after_retry", "after_fallback", "from_cache", '"authorization"', "rate_limit", "arguments", "breaker",
    "timeout", "provider_error", "returned_failure", "tool_bug", "attempts", "duration_sum_us",
)
REST = ("spans", "errors", "input_tokens", "output_tokens", "unpriced", "cost_usd")


def filled(table, key, names, seconds, source_s):
    """Rows in steps of *seconds* from the rollups in steps of *source_s*."""
    bucket = f"date_bin('{seconds} seconds', bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00')"
    durations = ", ".join(f"sum(durations[{at}])" for at in range(1, 51))
    calls = "WHERE operation = 'execute_tool'" if key == "tool" else "WHERE true"
    return f"""
INSERT INTO {table} (resolution_s, bucket, {key}, {", ".join(names)}, durations)
SELECT {seconds}, {bucket}, {key}, {", ".join(f"sum({name})" for name in names)}, ARRAY[{durations}]::integer[]
FROM telemetry_rollup JOIN telemetry_series ON id = series_id {calls} AND resolution_s = {source_s}
GROUP BY {bucket}, {key};"""


FILL = "".join(
    [
        filled("telemetry_rollup", "series_id", (*CALLS, *REST), 86_400, 3_600),
        filled("telemetry_tool_rollup", "tool", CALLS, 600, 60),
        filled("telemetry_tool_rollup", "tool", CALLS, 3_600, 3_600),
        filled("telemetry_tool_rollup", "tool", CALLS, 14_400, 3_600),
        # Rows are updated often while they are new: room on the page keeps that off the indexes.
        "ALTER TABLE telemetry_rollup SET (fillfactor = 80);",
        "ALTER TABLE telemetry_tool_rollup SET (fillfactor = 80);",
    ]
)
UNFILL = "DELETE FROM telemetry_rollup WHERE resolution_s = 86400;"


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0005_span_fingerprint'),
    ]

    operations = [
        migrations.CreateModel(
            name='IngestMinute',
            fields=[
                ('minute', models.DateTimeField(primary_key=True, serialize=False)),
                ('stored', models.BigIntegerField(default=0)),
                ('late', models.BigIntegerField(default=0)),
                ('dropped', models.BigIntegerField(default=0)),
                ('refused', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'telemetry_ingest_minute',
            },
        ),
        migrations.CreateModel(
            name='ToolRollup',
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
                ('attempts', models.IntegerField(default=0, help_text='Of tool calls.')),
                ('duration_sum_us', models.BigIntegerField(default=0)),
                ('durations', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('pk', models.CompositePrimaryKey('resolution_s', 'bucket', 'tool', blank=True, editable=False, primary_key=True, serialize=False)),
                ('resolution_s', models.IntegerField(help_text='600, 3600 or 14400')),
                ('bucket', models.DateTimeField()),
                ('tool', models.TextField()),
            ],
            options={
                'db_table': 'telemetry_tool_rollup',
            },
        ),
        migrations.AddField(
            model_name='recorder',
            name='late',
            field=models.BigIntegerField(default=0, help_text='Stored more than ten minutes after they ended.'),
        ),
        migrations.AlterField(
            model_name='rollup',
            name='resolution_s',
            field=models.IntegerField(help_text='10, 60, 3600 or 86400'),
        ),
        migrations.RunSQL(FILL, UNFILL),
    ]
