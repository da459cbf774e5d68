"""Spans become narrow: what repeats moves into dictionaries, and rollups are kept by series.

Stored spans and rollups are converted. Rollups from before have no operation of other spans, no agent, service or key.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from telemetry.database import partitions

OUTCOMES = (
    "", "first_try", "after_retry", "after_fallback", "from_cache", "authorization", "rate_limit", "arguments", "breaker",
    "timeout", "provider", "returned_failure", "tool_bug",
)
WORDS = "operation, kind, tool, provider, model, prompt_version, caller_role, agent, service, api_key"
DIGEST = f"md5(concat_ws(E'\\x1f', {WORDS}))::uuid"

SET_ASIDE = f"""
CREATE TABLE span_before AS SELECT * FROM telemetry_span;
CREATE TABLE rollup_before AS SELECT * FROM telemetry_rollup;
DROP TABLE telemetry_span;
DROP TABLE telemetry_rollup;
CREATE TYPE telemetry_outcome AS ENUM ({", ".join(f"'{outcome}'" for outcome in OUTCOMES)});
"""
# Wide columns first, so that nothing is padded; what is mostly absent is null, which takes no room.
TABLES = """
CREATE TABLE telemetry_span (
    start_time timestamptz NOT NULL,
    trace_id uuid NOT NULL,
    span_id bigint NOT NULL,
    parent_span_id bigint,
    duration_ms double precision NOT NULL,
    fingerprint bigint,
    series_id integer NOT NULL,
    source_id integer NOT NULL,
    attribute_set_id integer,
    outcome telemetry_outcome NOT NULL,
    input_tokens integer,
    output_tokens integer,
    start_ns smallint NOT NULL,
    status smallint NOT NULL,
    attempts smallint NOT NULL,
    weight smallint NOT NULL DEFAULT 1,
    cost_usd numeric(18, 9),
    own_name text,
    session_id text NOT NULL,
    tool_call_id text NOT NULL,
    error_type text NOT NULL,
    error_message text NOT NULL,
    attributes jsonb,
    events jsonb,
    links jsonb,
    PRIMARY KEY (start_time, trace_id, span_id)
) PARTITION BY RANGE (start_time);
CREATE INDEX telemetry_span_trace ON telemetry_span (trace_id);
CREATE INDEX telemetry_span_series ON telemetry_span (series_id);
CREATE INDEX telemetry_span_session ON telemetry_span (session_id) WHERE NOT (session_id = '');
-- Ids of calls are long and all different: a hash takes less than half of the room.
CREATE INDEX telemetry_span_call ON telemetry_span USING hash (tool_call_id) WHERE NOT (tool_call_id = '');

CREATE TABLE telemetry_rollup (
    resolution_s integer NOT NULL,
    bucket timestamptz NOT NULL,
    series_id integer NOT NULL,
    spans integer NOT NULL,
    errors integer NOT NULL,
    first_try integer NOT NULL,
    after_retry integer NOT NULL,
    after_fallback integer NOT NULL,
    from_cache integer NOT NULL,
    "authorization" integer NOT NULL,
    rate_limit integer NOT NULL,
    arguments integer NOT NULL,
    breaker integer NOT NULL,
    timeout integer NOT NULL,
    provider_error integer NOT NULL,
    returned_failure integer NOT NULL,
    tool_bug integer NOT NULL,
    attempts integer NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    unpriced integer NOT NULL,
    duration_sum_us bigint NOT NULL,
    cost_usd numeric(20, 9) NOT NULL,
    durations integer[] NOT NULL,
    PRIMARY KEY (resolution_s, bucket, series_id)
);
"""
OLD_WORDS = "operation, kind, tool, provider, model, prompt_version, caller_role, agent, service, ''"
ROLLUP_WORDS = "'execute_tool', 1, tool, provider, model, prompt_version, caller_role, '', '', ''"
CONVERT = f"""
INSERT INTO telemetry_series (digest, {WORDS}, first_seen_at)
SELECT {DIGEST}, {WORDS}, now() FROM (
    SELECT DISTINCT {OLD_WORDS} FROM span_before UNION SELECT DISTINCT {ROLLUP_WORDS} FROM rollup_before
) AS found ({WORDS});
INSERT INTO telemetry_source (digest, resource, scope_name, scope_version, scope_attributes, first_seen_at)
SELECT md5(concat_ws(E'\\x1f', resource, '', '', '{{}}'))::uuid, resource::jsonb, '', '', '{{}}', now() FROM (
    SELECT DISTINCT jsonb_build_object('service.name', service)::text FROM span_before
) AS found (resource);
INSERT INTO telemetry_span (
    start_time, trace_id, span_id, parent_span_id, duration_ms, series_id, source_id, outcome, input_tokens,
    output_tokens, start_ns, status, attempts, own_name, session_id, tool_call_id, error_type, error_message,
    attributes, events
)
SELECT b.start_time, trace_id, span_id, parent_span_id, duration_ms, s.id, o.id, outcome::telemetry_outcome,
    input_tokens, output_tokens, 0, status, attempts, b.name, session_id, tool_call_id, error_type, error_message,
    nullif(b.attributes, '{{}}'), nullif(events, '[]')
FROM span_before b
JOIN telemetry_series s USING (operation, kind, tool, provider, model, prompt_version, caller_role, agent, service)
JOIN telemetry_source o ON o.resource ->> 'service.name' = service AND o.scope_name = ''
WHERE s.api_key = '';
INSERT INTO telemetry_rollup
SELECT resolution_s, bucket, s.id,
    first_try + after_retry + after_fallback + from_cache + "authorization" + rate_limit + arguments + breaker
        + timeout + provider_error + returned_failure + tool_bug,
    arguments + breaker + timeout + provider_error + returned_failure + tool_bug,
    first_try, after_retry, after_fallback, from_cache, "authorization", rate_limit, arguments, breaker, timeout,
    provider_error, returned_failure, tool_bug, attempts, 0, 0, 0, duration_sum_us, 0, durations
FROM rollup_before b JOIN telemetry_series s USING (tool, provider, model, prompt_version, caller_role)
WHERE s.operation = 'execute_tool' AND s.kind = 1 AND s.agent = '' AND s.service = '' AND s.api_key = '';
DROP TABLE span_before;
DROP TABLE rollup_before;
"""


def make_partitions(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT (start_time AT TIME ZONE 'UTC')::date FROM span_before")
        days = {day for (day,) in cursor.fetchall()}
    # The payloads kept their partitions; spans need the same days again.
    days |= partitions.existing_days(connection, "telemetry_span_payload")
    partitions.ensure(connection, days)
    partitions.ensure_ahead(connection)


def dictionary(name, *fields):
    return migrations.CreateModel(
        name=name,
        fields=[
            ("id", models.AutoField(primary_key=True, serialize=False)),
            *fields,
            ("first_seen_at", models.DateTimeField(auto_now_add=True)),
        ],
        options={"db_table": f"telemetry_{'attribute_set' if name == 'AttributeSet' else name.lower()}"},
    )


def to(model, **more):
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+",
        to=f"telemetry.{model}", **more,
    )


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]
    operations = [
        dictionary(
            "Series",
            ("digest", models.UUIDField(unique=True, help_text="The MD5 of the words, joined by the character U+001F.")),
            ("operation", models.TextField()),
            ("kind", models.SmallIntegerField(help_text="As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.")),
            ("tool", models.TextField()),
            ("provider", models.TextField()),
            ("model", models.TextField()),
            ("prompt_version", models.TextField()),
            ("caller_role", models.TextField()),
            ("agent", models.TextField()),
            ("service", models.TextField()),
            ("api_key", models.TextField(help_text="The name of the API key that made the call or sent the span.")),
        ),
        dictionary(
            "Source",
            ("digest", models.UUIDField(unique=True)),
            ("resource", models.JSONField()),
            ("scope_name", models.TextField()),
            ("scope_version", models.TextField()),
            ("scope_attributes", models.JSONField()),
        ),
        dictionary(
            "AttributeSet",
            ("digest", models.UUIDField(unique=True)),
            ("attributes", models.JSONField()),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(SET_ASIDE),
                migrations.RunSQL(TABLES),
                migrations.RunPython(make_partitions),
                migrations.RunSQL(CONVERT),
            ],
            state_operations=[
                migrations.DeleteModel("Span"),
                migrations.DeleteModel("Rollup"),
                migrations.CreateModel(
                    name='Rollup',
                    fields=[
                        ('pk', models.CompositePrimaryKey('resolution_s', 'bucket', 'series_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('resolution_s', models.IntegerField(help_text='10, 60 or 3600')),
                        ('bucket', models.DateTimeField()),
                        ('spans', models.IntegerField(default=0, help_text='Spans of any kind.')),
                        ('errors', models.IntegerField(default=0, help_text='Spans of any kind with the status error.')),
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
                        ('input_tokens', models.BigIntegerField(default=0)),
                        ('output_tokens', models.BigIntegerField(default=0)),
                        ('unpriced', models.IntegerField(default=0, help_text='Spans with tokens whose model has no price.')),
                        ('duration_sum_us', models.BigIntegerField(default=0)),
                        ('cost_usd', models.DecimalField(decimal_places=9, default=0, max_digits=20)),
                        ('durations', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                        ('series', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.series')),
                    ],
                    options={
                        'db_table': 'telemetry_rollup',
                    },
                ),
                migrations.CreateModel(
                    name='Span',
                    fields=[
                        ('pk', models.CompositePrimaryKey('start_time', 'trace_id', 'span_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('start_time', models.DateTimeField(help_text='To the microsecond; start_ns has the rest.')),
                        ('start_ns', models.SmallIntegerField(default=0, help_text='0 to 999, to be added to start_time.')),
                        ('trace_id', models.UUIDField()),
                        ('span_id', models.BigIntegerField(help_text='The 8 bytes of the span id, as a signed number.')),
                        ('parent_span_id', models.BigIntegerField(null=True)),
                        ('duration_ms', models.FloatField(help_text='Exact to the nanosecond.')),
                        ('outcome', models.TextField(default='', help_text='A telemetry.semconv.Outcome; empty: not a tool call.')),
                        ('status', models.SmallIntegerField(help_text='As in OTLP: 0 unset, 1 ok, 2 error.')),
                        ('attempts', models.SmallIntegerField(default=1)),
                        ('weight', models.SmallIntegerField(default=1, help_text='For how many spans it stands after sampling.')),
                        ('input_tokens', models.IntegerField(null=True)),
                        ('output_tokens', models.IntegerField(null=True)),
                        ('cost_usd', models.DecimalField(decimal_places=9, help_text='Null: not priced.', max_digits=18, null=True)),
                        ('fingerprint', models.BigIntegerField(help_text='The group of errors it belongs to.', null=True)),
                        ('own_name', models.TextField(help_text='Null where the name follows from the series.', null=True)),
                        ('session_id', models.TextField(default='')),
                        ('tool_call_id', models.TextField(default='')),
                        ('error_type', models.TextField(default='')),
                        ('error_message', models.TextField(default='')),
                        ('own_attributes', models.JSONField(db_column='attributes', help_text='Beside those of its set.', null=True)),
                        ('events', models.JSONField(null=True)),
                        ('links', models.JSONField(null=True)),
                        ('attribute_set', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.attributeset')),
                        ('series', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.series')),
                        ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.source')),
                    ],
                    options={
                        'db_table': 'telemetry_span',
                        'indexes': [models.Index(models.F('trace_id'), name='telemetry_span_trace'), models.Index(models.F('series_id'), name='telemetry_span_series'), models.Index(models.F('session_id'), condition=models.Q(('session_id', ''), _negated=True), name='telemetry_span_session'), django.contrib.postgres.indexes.HashIndex(condition=models.Q(('tool_call_id', ''), _negated=True), fields=['tool_call_id'], name='telemetry_span_call')],
                    },
                ),
            ],
        ),
    ]
