"""Each series says whether this installation made its spans or was told of them, and rollups by tool are apart by it.

Stored series are sorted by the name of their service: our own processes have always called themselves "salesboost",
which nobody could configure, so any other name was reported. What was sent under our name cannot be told from
ours and counts as ours, as before; rollups from before migration 0002, which have neither service nor key, too.
"""

from django.db import migrations, models

WORDS = (
    "operation, kind, tool, provider, model, prompt_version, caller_role, agent, service, api_key, origin"
)
SORT = f"""
UPDATE telemetry_series SET origin = 'reported' WHERE service <> 'salesboost' AND (service <> '' OR api_key <> '');
UPDATE telemetry_series SET digest = md5(concat_ws(E'\\x1f', {WORDS}))::uuid;
"""
UNSORT = f"UPDATE telemetry_series SET digest = md5(concat_ws(E'\\x1f', {WORDS.removesuffix(', origin')}))::uuid;"

CALLS = (
    "first_try", "after_retry", "after_fallback", "from_cache", '"authorization"', "rate_limit", "arguments", "breaker",
    "timeout", "provider_error", "returned_failure", "tool_bug", "attempts", "duration_sum_us",
)
REPORTED = "SELECT tool FROM telemetry_series WHERE operation = 'execute_tool' AND origin = 'reported'"


def filled(seconds, source_s):
    """Rows of the tools of which somebody reported, in steps of *seconds* from rollups in steps of *source_s*."""
    bucket = f"date_bin('{seconds} seconds', bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00')"
    durations = ", ".join(f"sum(durations[{at}])" for at in range(1, 51))
    return f"""
INSERT INTO telemetry_tool_rollup (resolution_s, bucket, tool, origin, {", ".join(CALLS)}, durations)
SELECT {seconds}, {bucket}, tool, origin, {", ".join(f"sum({name})" for name in CALLS)}, ARRAY[{durations}]::integer[]
FROM telemetry_rollup JOIN telemetry_series ON id = series_id
WHERE operation = 'execute_tool' AND resolution_s = {source_s} AND tool IN ({REPORTED})
GROUP BY {bucket}, tool, origin;"""


REFILL = "".join(
    [
        f"DELETE FROM telemetry_tool_rollup WHERE tool IN ({REPORTED});",
        filled(600, 60),
        filled(3_600, 3_600),
        filled(14_400, 3_600),
    ]
)
KEY = "ALTER TABLE telemetry_tool_rollup DROP CONSTRAINT telemetry_tool_rollup_pkey, ADD PRIMARY KEY "


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0008_oldest_waiting_span")]

    operations = [
        migrations.AddField(
            model_name="series",
            name="origin",
            field=models.TextField(
                default="own", help_text="own: of this installation's processes; reported: told of over OTLP."
            ),
        ),
        migrations.RunSQL(SORT, UNSORT),
        migrations.AddField(
            model_name="toolrollup", name="origin", field=models.TextField(default="own"),
        ),
        migrations.RunSQL(
            KEY + "(resolution_s, bucket, tool, origin)",
            # Before the key without origins: there are rows of the same tool and moment.
            "DELETE FROM telemetry_tool_rollup WHERE origin <> 'own';" + KEY + "(resolution_s, bucket, tool)",
            state_operations=[
                migrations.AlterField(
                    model_name="toolrollup",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "resolution_s", "bucket", "tool", "origin",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(REFILL, migrations.RunSQL.noop),
    ]
