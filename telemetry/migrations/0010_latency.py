"""Latency histograms of narrow buckets, as one number a row, and the shortest and the longest duration beside them.

What is stored was counted in fifty buckets, eight a decade up to 100 s, and is converted as far as it can be. A row
of one span is made exact, from its sum. In others each old bucket's count goes to the new one that is nearest to
all that may lie in it, within 19 %, and what took longer than 100 s to its mean, as the row's sum tells. The longest
of such a row is infinite, which says so wherever it is added up (``telemetry.counts.histogram.Histogram.error``).
``rebuild_rollups`` makes the rows exact whose spans are still stored.
"""

from math import inf

from django.db import migrations, models

import telemetry.models.rollups

# Of before: upper bounds in milliseconds, and after the last one more bucket.
OLD_MS = [0.1 * 10 ** (step / 8) for step in range(49)]
# Of now, as telemetry.counts.histogram has them.
NEW_MS = [2 ** (step / 8) for step in range(-80, 241)]


def middle(at):
    return 2 * NEW_MS[at - 1] * NEW_MS[at] / (NEW_MS[at - 1] + NEW_MS[at])


def nearest(lower, upper):
    """The new bucket whose middle is the fewest per cent off from whatever may lie in the old one."""
    return min(range(1, 321), key=lambda at: max((middle(at) - lower) / lower, (upper - middle(at)) / upper))


# Below the first bound is what took 0.05 to 0.1 ms: hardly anything takes less.
NEAREST = [nearest(0.05, 0.1), *map(nearest, OLD_MS, OLD_MS[1:])]
BUCKET = "321 - width_bucket(-({}), ARRAY[" + ", ".join(repr(-ms) for ms in reversed(NEW_MS)) + "]::float8[])"

FUNCTIONS = f"""
CREATE FUNCTION pg_temp.total(counts integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    'SELECT sum(n) FROM unnest(counts) n';
CREATE FUNCTION pg_temp.packed(counts integer[], sum_us bigint) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    nearest CONSTANT integer[] := ARRAY{NEAREST};
    middles CONSTANT float8[] := ARRAY{[middle(at) for at in NEAREST]};
    number numeric := 0;
    rest_ms float8 := sum_us / 1000.0;
BEGIN
    IF pg_temp.total(counts) = 1 THEN
        RETURN ('1e' || 12 * ({BUCKET.format("rest_ms")}))::numeric;
    END IF;
    FOR at IN 1 .. 49 LOOP
        CONTINUE WHEN counts[at] = 0;
        number := number + counts[at] * ('1e' || 12 * nearest[at])::numeric;
        rest_ms := rest_ms - counts[at] * middles[at];
    END LOOP;
    IF counts[50] > 0 THEN
        rest_ms := greatest(100000.0, rest_ms / counts[50]);
        number := number + counts[50] * ('1e' || 12 * ({BUCKET.format("rest_ms")}))::numeric;
    END IF;
    RETURN number;
END $$;
"""
# The sum is in whole microseconds.
LEAST_MS, MOST_MS = "greatest(0, (duration_sum_us - 0.5) / 1000)::float8", "((duration_sum_us + 0.5) / 1000)::float8"


def converted(table):
    """The last statement writes the *table* anew, and leaves what the second one left behind."""
    return f"""
ALTER TABLE {table}
    ADD duration_min_ms double precision NOT NULL DEFAULT 0,
    ADD duration_max_ms double precision NOT NULL DEFAULT 'Infinity';
UPDATE {table} SET duration_min_ms = {LEAST_MS}, duration_max_ms = {MOST_MS}
WHERE pg_temp.total(durations) = 1 AND {BUCKET.format(LEAST_MS)} = {BUCKET.format(MOST_MS)};
ALTER TABLE {table}
    ALTER durations TYPE numeric USING pg_temp.packed(durations, duration_sum_us),
    ALTER duration_min_ms DROP DEFAULT, ALTER duration_max_ms DROP DEFAULT;
"""


# The view for readers names the column; migration 0004 of telemetry.readers makes it again.
CONVERT = f"""
DROP VIEW IF EXISTS observe.rollups;
{FUNCTIONS}
{converted("telemetry_rollup")}
{converted("telemetry_tool_rollup")}
DROP FUNCTION pg_temp.packed, pg_temp.total;
"""


def fields(model_name):
    return [
        migrations.AlterField(
            model_name=model_name, name="durations", field=telemetry.models.rollups.HistogramField(default=list)
        ),
        migrations.AddField(
            model_name=model_name, name="duration_min_ms", field=models.FloatField(default=0.0, help_text="The shortest.")
        ),
        migrations.AddField(
            model_name=model_name,
            name="duration_max_ms",
            field=models.FloatField(
                default=inf,
                help_text="The longest; infinite where spans were counted in the wide buckets of before.",
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0009_origin")]

    operations = [
        migrations.RunSQL(CONVERT, state_operations=[*fields("rollup"), *fields("toolrollup")]),
    ]
