"""The schema `observe`: views with words where the tables have ids, and functions over histograms and shares.

What stands here is a promise to those who wrote queries (docs/sql.md): a later migration may add to it.
"""

from django.db import migrations

from telemetry.readers import role

FUNCTIONS = """
CREATE SCHEMA observe;
COMMENT ON SCHEMA observe IS 'For readers: documented views and functions, see docs/sql.md';

CREATE FUNCTION observe.histogram_add(total bigint[], durations integer[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF durations IS NULL THEN RETURN total; END IF;
    IF total IS NULL THEN RETURN durations::bigint[]; END IF;
    RETURN ARRAY[{added}];
END $$;

CREATE FUNCTION observe.histogram_combine(one bigint[], other bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF other IS NULL THEN RETURN one; END IF;
    IF one IS NULL THEN RETURN other; END IF;
    RETURN ARRAY[{combined}];
END $$;

CREATE AGGREGATE observe.histogram_sum(integer[]) (
    sfunc = observe.histogram_add, stype = bigint[], combinefunc = observe.histogram_combine, parallel = safe
);
COMMENT ON AGGREGATE observe.histogram_sum(integer[]) IS 'Histograms added up, bucket by bucket.';

-- As telemetry/histogram.py has it: eight buckets a decade from 0.1 ms on, the last for all above 100 s.
CREATE FUNCTION observe.histogram_percentile(durations bigint[], share double precision)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    total bigint := 0;
    below bigint := 0;
    n bigint;
    lower_ms double precision;
    upper_ms double precision;
BEGIN
    FOREACH n IN ARRAY durations LOOP total := total + n; END LOOP;
    IF total = 0 THEN RETURN NULL; END IF;
    FOR at IN 1 .. cardinality(durations) LOOP
        n := durations[at];
        IF n > 0 AND below + n >= share * total THEN
            lower_ms := CASE WHEN at = 1 THEN 0 ELSE 0.1 * power(10::float8, (at - 2) / 8::float8) END;
            upper_ms := 0.1 * power(10::float8, (least(at, 49) - 1) / 8::float8);
            RETURN lower_ms + (upper_ms - lower_ms) * greatest(0, share * total - below) / n;
        END IF;
        below := below + n;
    END LOOP;
    RETURN 0.1 * power(10::float8, 6::float8);
END $$;
COMMENT ON FUNCTION observe.histogram_percentile(bigint[], double precision)
    IS 'The duration in ms below which the share (0 to 1) of the spans lie; NULL without spans.';

CREATE FUNCTION observe.wilson_lower(successes numeric, n numeric) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n = 0 THEN 0 ELSE greatest(0, (
        successes / n + 3.841458820694124 / (2 * n)
        - 1.959963984540054 * sqrt(successes / n * (1 - successes / n) / n + 3.841458820694124 / (4 * n * n))
    ) / (1 + 3.841458820694124 / n)) END::float8
$$;
CREATE FUNCTION observe.wilson_upper(successes numeric, n numeric) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n = 0 THEN 1 ELSE least(1, (
        successes / n + 3.841458820694124 / (2 * n)
        + 1.959963984540054 * sqrt(successes / n * (1 - successes / n) / n + 3.841458820694124 / (4 * n * n))
    ) / (1 + 3.841458820694124 / n)) END::float8
$$;
COMMENT ON FUNCTION observe.wilson_lower(numeric, numeric) IS 'Lower end of the 95 % Wilson interval of a share.';
COMMENT ON FUNCTION observe.wilson_upper(numeric, numeric) IS 'Upper end of the 95 % Wilson interval of a share.';
""".format(
    added=", ".join(f"total[{at}] + durations[{at}]" for at in range(1, 51)),
    combined=", ".join(f"one[{at}] + other[{at}]" for at in range(1, 51)),
)

WORDS = "w.tool, w.provider, w.model, w.prompt_version, w.caller_role, w.agent, w.service, w.api_key"
ID = "lpad(to_hex({0}), 16, '0')"
SUCCEEDED = "r.first_try + r.after_retry + r.after_fallback + r.from_cache"
FAILED = "r.arguments + r.breaker + r.timeout + r.provider_error + r.returned_failure + r.tool_bug"
REFUSED = 'r."authorization" + r.rate_limit'
IS_SUCCESS = "s.outcome IN ('first_try', 'after_retry', 'after_fallback', 'from_cache')"
IS_REFUSAL = "s.outcome IN ('authorization', 'rate_limit')"

VIEWS = f"""
CREATE VIEW observe.spans AS
SELECT s.start_time, s.trace_id, {ID.format("s.span_id")} AS span_id, {ID.format("s.parent_span_id")} AS parent_span_id,
    coalesce(s.own_name, w.operation || coalesce(' ' || nullif(CASE
        WHEN w.operation = 'execute_tool' THEN w.tool
        WHEN w.operation IN ('invoke_agent', 'create_agent') THEN w.agent
        ELSE w.model END, ''), '')) AS name,
    w.operation,
    (ARRAY['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])[w.kind + 1] AS kind,
    (ARRAY['unset', 'ok', 'error'])[s.status + 1] AS status,
    s.duration_ms, {WORDS},
    s.outcome::text AS outcome, s.attempts, s.weight, s.input_tokens, s.output_tokens, s.cost_usd,
    s.session_id, s.tool_call_id, s.error_type, s.error_message, {ID.format("s.fingerprint")} AS fingerprint,
    coalesce(a.attributes, '{{}}') || coalesce(s.attributes, '{{}}') AS attributes,
    coalesce(s.events, '[]') AS events
FROM telemetry_span s
LEFT JOIN telemetry_series w ON w.id = s.series_id
LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id;

CREATE VIEW observe.calls AS
SELECT s.start_time, s.trace_id, {ID.format("s.span_id")} AS span_id, {WORDS},
    s.outcome::text AS outcome,
    CASE WHEN {IS_SUCCESS} THEN 'succeeded' WHEN {IS_REFUSAL} THEN 'refused' ELSE 'failed' END AS result,
    s.duration_ms, s.attempts, s.weight, s.session_id, s.tool_call_id, s.error_type, s.error_message,
    {ID.format("s.fingerprint")} AS fingerprint
FROM telemetry_span s
LEFT JOIN telemetry_series w ON w.id = s.series_id
WHERE s.outcome <> '';

CREATE VIEW observe.errors AS
SELECT s.start_time, s.trace_id, {ID.format("s.span_id")} AS span_id, w.operation, {WORDS},
    s.outcome::text AS layer, s.error_type, s.error_message, {ID.format("s.fingerprint")} AS fingerprint,
    s.duration_ms, s.weight, s.session_id
FROM telemetry_span s
LEFT JOIN telemetry_series w ON w.id = s.series_id
WHERE s.status = 2 AND NOT ({IS_REFUSAL});

CREATE VIEW observe.rollups AS
SELECT r.resolution_s, r.bucket, w.operation, {WORDS},
    r.spans, r.errors,
    {SUCCEEDED} + {FAILED} + {REFUSED} AS calls,
    {SUCCEEDED} AS succeeded, {FAILED} AS failed, {REFUSED} AS refused,
    r.first_try, r.after_retry, r.after_fallback, r.from_cache, r."authorization", r.rate_limit, r.arguments,
    r.breaker, r.timeout, r.provider_error, r.returned_failure, r.tool_bug, r.attempts,
    r.input_tokens, r.output_tokens, r.cost_usd, r.unpriced, r.duration_sum_us / 1000.0 AS duration_sum_ms, r.durations
FROM telemetry_rollup r
JOIN telemetry_series w ON w.id = r.series_id;

CREATE VIEW observe.payloads AS
SELECT p.start_time, p.trace_id, {ID.format("p.span_id")} AS span_id, p.arguments, p.result, p.messages
FROM telemetry_span_payload p;

COMMENT ON VIEW observe.spans IS 'Every span. Name a period of start_time: only its days are read then.';
COMMENT ON VIEW observe.calls IS 'Tool calls: one row each, however often it was tried.';
COMMENT ON VIEW observe.errors IS 'Spans that ended in an error; refused calls are not among them.';
COMMENT ON VIEW observe.rollups IS 'Sums by time and words. Choose ONE resolution_s: 10, 60 or 3600.';
COMMENT ON VIEW observe.payloads IS 'Arguments, results and messages. Not granted to salesboost_reader.';
"""


def make_role(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if role.make(cursor):
            role.grant(cursor)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("telemetry", "0002_narrow_spans")]

    operations = [
        migrations.RunSQL(FUNCTIONS + VIEWS, "DROP SCHEMA observe CASCADE"),
        migrations.RunPython(make_role, migrations.RunPython.noop),
    ]
