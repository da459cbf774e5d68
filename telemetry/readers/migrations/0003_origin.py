"""Each view with words says who saw a span: the word ``origin``, as the last column."""

from importlib import import_module

from django.db import migrations

from telemetry.readers import role

BEFORE = import_module("telemetry.readers.migrations.0001_observe").VIEWS.split("CREATE VIEW observe.payloads")[0]
AFTER = BEFORE.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
for source in ("telemetry_span s", "telemetry_rollup r"):
    AFTER = AFTER.replace(f"\nFROM {source}\n", f", w.origin\nFROM {source}\n")
DROP = "DROP VIEW observe.spans, observe.calls, observe.errors, observe.rollups;"


def grant(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if role.exists(cursor, role.ROLE):
            role.grant(cursor)


class Migration(migrations.Migration):
    dependencies = [("readers", "0002_bound_readers"), ("telemetry", "0009_origin")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, grant),
        migrations.RunSQL(AFTER, DROP + BEFORE),
    ]
