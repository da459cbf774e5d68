"""The tables. Span and SpanPayload are partitioned, which Django cannot say: SQL makes them, their state is below."""

import django.contrib.postgres.fields
from django.db import migrations, models

from telemetry.database import partitions

TABLES = """
CREATE TABLE telemetry_span (
    start_time timestamptz NOT NULL,
    trace_id uuid NOT NULL,
    span_id bigint NOT NULL,
    parent_span_id bigint,
    duration_ms double precision NOT NULL,
    kind smallint NOT NULL,
    status smallint NOT NULL,
    attempts smallint NOT NULL,
    input_tokens integer,
    output_tokens integer,
    name text NOT NULL,
    operation text NOT NULL,
    outcome text NOT NULL,
    tool text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    prompt_version text NOT NULL,
    caller_role text NOT NULL,
    session_id text NOT NULL,
    tool_call_id text NOT NULL,
    error_type text NOT NULL,
    error_message text NOT NULL,
    agent text NOT NULL,
    service text NOT NULL,
    attributes jsonb NOT NULL,
    events jsonb NOT NULL,
    PRIMARY KEY (start_time, trace_id, span_id)
) PARTITION BY RANGE (start_time);
CREATE INDEX telemetry_span_trace ON telemetry_span (trace_id);
CREATE INDEX telemetry_span_tool ON telemetry_span (tool, start_time) WHERE NOT (outcome = '');
CREATE INDEX telemetry_span_session ON telemetry_span (session_id) WHERE NOT (session_id = '');
CREATE INDEX telemetry_span_call ON telemetry_span (tool_call_id) WHERE NOT (tool_call_id = '');

CREATE TABLE telemetry_span_payload (
    start_time timestamptz NOT NULL,
    trace_id uuid NOT NULL,
    span_id bigint NOT NULL,
    arguments text NOT NULL,
    result text NOT NULL,
    messages text NOT NULL,
    PRIMARY KEY (start_time, trace_id, span_id)
) PARTITION BY RANGE (start_time);
"""
DROP = "DROP TABLE telemetry_span_payload; DROP TABLE telemetry_span;"


def make_partitions(apps, schema_editor):
    partitions.ensure_ahead(schema_editor.connection)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.TextField(primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'telemetry_heartbeat',
            },
        ),
        migrations.CreateModel(
            name='Recorder',
            fields=[
                ('process', models.TextField(help_text='host:pid:start', primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField()),
                ('stored', models.BigIntegerField(default=0)),
                ('dropped', models.BigIntegerField(default=0, help_text='Lost: the disk or the queue was full.')),
                ('refused', models.BigIntegerField(default=0, help_text='Not storable: too old, too new or malformed.')),
                ('waiting', models.BigIntegerField(default=0, help_text='Ended and not yet stored.')),
                ('newest_end', models.DateTimeField(help_text='When the newest span it stored ended.', null=True)),
                ('lag_s', models.FloatField(default=0, help_text='How long after its end that span was stored.')),
            ],
            options={
                'db_table': 'telemetry_recorder',
            },
        ),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('pk', models.CompositePrimaryKey('resolution_s', 'bucket', 'tool', 'provider', 'model', 'prompt_version', 'caller_role', blank=True, editable=False, primary_key=True, serialize=False)),
                ('resolution_s', models.SmallIntegerField(help_text='10, 60 or 3600')),
                ('bucket', models.DateTimeField()),
                ('tool', models.TextField()),
                ('provider', models.TextField()),
                ('model', models.TextField()),
                ('prompt_version', models.TextField()),
                ('caller_role', models.TextField()),
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
                ('attempts', models.IntegerField(default=0)),
                ('duration_sum_us', models.BigIntegerField(default=0)),
                ('durations', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
            options={
                'db_table': 'telemetry_rollup',
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TABLES, DROP),
                migrations.RunPython(make_partitions, migrations.RunPython.noop),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='SpanPayload',
                    fields=[
                        ('pk', models.CompositePrimaryKey('start_time', 'trace_id', 'span_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('start_time', models.DateTimeField()),
                        ('trace_id', models.UUIDField()),
                        ('span_id', models.BigIntegerField()),
                        ('arguments', models.TextField(default='')),
                        ('result', models.TextField(default='')),
                        ('messages', models.TextField(default='')),
                    ],
                    options={
                        'db_table': 'telemetry_span_payload',
                    },
                ),
                migrations.CreateModel(
                    name='Span',
                    fields=[
                        ('pk', models.CompositePrimaryKey('start_time', 'trace_id', 'span_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('start_time', models.DateTimeField()),
                        ('trace_id', models.UUIDField()),
                        ('span_id', models.BigIntegerField(help_text='The 8 bytes of the span id, as a signed number.')),
                        ('parent_span_id', models.BigIntegerField(null=True)),
                        ('duration_ms', models.FloatField()),
                        ('name', models.TextField()),
                        ('kind', models.SmallIntegerField(help_text='As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.')),
                        ('status', models.SmallIntegerField(help_text='As in OTLP: 0 unset, 1 ok, 2 error.')),
                        ('operation', models.TextField(default='')),
                        ('outcome', models.TextField(default='', help_text='A telemetry.semconv.Outcome; empty: not a tool call.')),
                        ('tool', models.TextField(default='')),
                        ('provider', models.TextField(default='')),
                        ('model', models.TextField(default='')),
                        ('prompt_version', models.TextField(default='')),
                        ('caller_role', models.TextField(default='')),
                        ('session_id', models.TextField(default='')),
                        ('tool_call_id', models.TextField(default='')),
                        ('error_type', models.TextField(default='')),
                        ('error_message', models.TextField(default='')),
                        ('attempts', models.SmallIntegerField(default=1)),
                        ('input_tokens', models.IntegerField(null=True)),
                        ('output_tokens', models.IntegerField(null=True)),
                        ('agent', models.TextField(default='')),
                        ('service', models.TextField(default='')),
                        ('attributes', models.JSONField(default=dict)),
                        ('events', models.JSONField(default=list)),
                    ],
                    options={
                        'db_table': 'telemetry_span',
                        'indexes': [models.Index(models.F('trace_id'), name='telemetry_span_trace'), models.Index(models.F('tool'), models.F('start_time'), condition=models.Q(('outcome', ''), _negated=True), name='telemetry_span_tool'), models.Index(models.F('session_id'), condition=models.Q(('session_id', ''), _negated=True), name='telemetry_span_session'), models.Index(models.F('tool_call_id'), condition=models.Q(('tool_call_id', ''), _negated=True), name='telemetry_span_call')],
                    },
                ),
            ],
        ),
    ]
