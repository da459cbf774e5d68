"""Histograms are numbers: they are added up by ``histogram_sum`` or ``sum``, and read with their shortest and longest.

Queries of before work as they are; with ``duration_min_ms`` and ``duration_max_ms`` a percentile lies between them.
"""

from importlib import import_module

from django.db import migrations

from telemetry.readers import role

BEFORE = import_module("telemetry.readers.migrations.0003_origin").AFTER
[ROLLUPS] = [view for view in BEFORE.split("CREATE OR REPLACE ") if view.startswith("VIEW observe.rollups")]
VIEW = "DROP VIEW IF EXISTS observe.rollups;\nCREATE " + ROLLUPS.replace(
    ", w.origin\n", ", w.origin, r.duration_min_ms, r.duration_max_ms\n"
)
COMMENT = """
COMMENT ON VIEW observe.rollups IS 'Sums by time and words. Choose ONE resolution_s: 10, 60 or 3600.';
"""

FUNCTIONS = """
DROP AGGREGATE observe.histogram_sum(integer[]);
DROP FUNCTION observe.histogram_percentile(bigint[], double precision), observe.histogram_add, observe.histogram_combine;

CREATE AGGREGATE observe.histogram_sum(numeric) (
    sfunc = numeric_add, stype = numeric, combinefunc = numeric_add, parallel = safe
);
COMMENT ON AGGREGATE observe.histogram_sum(numeric) IS 'Histograms added up, bucket by bucket.';

-- As telemetry/histogram.py has it: twelve digits a bucket, the shortest durations last; eight buckets an octave, the
-- first for all below 2^-10 ms, the last for all above 2^30 ms.
CREATE FUNCTION observe.histogram_percentile(
    durations numeric, share double precision, min_ms double precision, max_ms double precision
)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := durations::text;
    -- Buckets below the first that has calls are passed by.
    at integer := (length(digits) - length(rtrim(digits, '0'))) / 12;
    counts bigint[];
    total bigint := 0;
    below bigint := 0;
    lower_ms double precision;
BEGIN
    IF durations = 0 THEN RETURN NULL; END IF;
    digits := left(digits, length(digits) - 12 * at);
    WHILE digits <> '' LOOP
        counts := counts || right(digits, 12)::bigint;
        total := total + counts[cardinality(counts)];
        digits := left(digits, -12);
    END LOOP;
    FOR place IN 1 .. cardinality(counts) LOOP
        below := below + counts[place];
        IF counts[place] > 0 AND below >= share * total THEN
            at := at + place - 1;
            EXIT;
        END IF;
    END LOOP;
    lower_ms := CASE WHEN at = 0 THEN 0 ELSE power(2::float8, (at - 81) / 8::float8) END;
    RETURN least(max_ms, greatest(min_ms, CASE WHEN at = 321 THEN 2 * lower_ms
        ELSE 2 * lower_ms / (1 + lower_ms / power(2::float8, (at - 80) / 8::float8)) END));
END $$;
COMMENT ON FUNCTION observe.histogram_percentile(numeric, double precision, double precision, double precision)
    IS 'The duration in ms that the share (0 to 1) of the spans did not exceed, between their shortest and longest.';

CREATE FUNCTION observe.histogram_percentile(durations numeric, share double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT observe.histogram_percentile(durations, share, 0, 'Infinity') $$;
COMMENT ON FUNCTION observe.histogram_percentile(numeric, double precision)
    IS 'The duration in ms that the share (0 to 1) of the spans did not exceed; NULL without spans.';
"""


def grant(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if role.exists(cursor, role.ROLE):
            role.grant(cursor)


class Migration(migrations.Migration):
    dependencies = [("readers", "0003_origin"), ("telemetry", "0010_latency")]

    operations = [
        migrations.RunSQL(FUNCTIONS + VIEW + COMMENT),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
