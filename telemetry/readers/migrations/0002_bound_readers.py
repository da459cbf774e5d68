"""Readers that exist already are bound as new ones are; where our account may not, the command says what is missing."""

from django.db import migrations

from telemetry.readers import role


def bound(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if names := role.logins(cursor):
            role.bound(cursor, names)


class Migration(migrations.Migration):
    dependencies = [("readers", "0001_observe")]

    operations = [migrations.RunPython(bound, migrations.RunPython.noop)]
