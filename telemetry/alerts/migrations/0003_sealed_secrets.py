"""Secrets of routes are sealed; deliveries that were only logged have a state of their own."""

from django.db import migrations, models

import telemetry.database.sealing
from telemetry.database.sealing import MARK, seal, unseal


def rewrite(schema_editor, change):
    """Put *change* of each stored secret in its place. Plain SQL: the field would seal and open by itself."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, secret FROM alerts_route WHERE secret <> ''")
        for pk, stored in cursor.fetchall():
            cursor.execute("UPDATE alerts_route SET secret = %s WHERE id = %s", [change(stored), pk])


def seal_all(apps, schema_editor):
    rewrite(schema_editor, lambda stored: stored if stored.startswith(MARK) else seal(stored))


def open_all(apps, schema_editor):
    # What no key opens stays as it is.
    rewrite(schema_editor, lambda stored: unseal(stored) or stored)


def tell_logged_from_sent(apps, schema_editor):
    logged = apps.get_model("alerts", "Delivery").objects.filter(
        status="sent", response_status=None, response_excerpt__startswith="Written to the log"
    )
    logged.update(status="logged", sent_at=None)


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_look_by_shares")]

    operations = [
        migrations.AlterField("route", "secret", telemetry.database.sealing.SealedTextField(blank=True)),
        migrations.RunPython(seal_all, open_all, elidable=False),
        migrations.AlterField(
            "delivery",
            "status",
            models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("sent", "Sent"),
                    ("logged", "written to the log only"),
                    ("failed", "failed for good"),
                    ("skipped", "not sent"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.RunPython(tell_logged_from_sent, migrations.RunPython.noop),
    ]
