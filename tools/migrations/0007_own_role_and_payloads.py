"""A key without a list of roles may claim its own role alone; arguments and results are a scope of their own.

Keys that there are keep what they could do, and say so: ``any_role`` where they had no list, ``payloads`` beside
``read``. People get the permissions by their groups (``salesboost/groups.py``).
"""

import django.contrib.postgres.fields
from django.db import migrations, models

SCOPES = django.contrib.postgres.fields.ArrayField(
    base_field=models.CharField(
        choices=[
            ("execute", "Call tools"),
            ("ingest", "Send spans (OTLP)"),
            ("read", "Read telemetry and cache statistics"),
            ("payloads", "Read arguments, results and messages"),
            ("metrics", "Read /metrics"),
            ("manage", "Clear the cache, move breakers"),
        ],
        max_length=16,
    ),
    default=list,
    size=None,
)
ROLES = django.contrib.postgres.fields.ArrayField(
    base_field=models.CharField(max_length=64),
    blank=True,
    default=list,
    help_text="Caller roles that the key may claim beside its own, by comma.",
    size=None,
)
ANY_ROLE = models.BooleanField(
    default=False, help_text="The key may claim every caller role there is: prefer a list."
)
DEFAULT_ROLE = models.CharField(
    blank=True,
    default="coach",
    help_text="The key's own: that of a call that does not name one.",
    max_length=64,
)


def keep_what_keys_could_do(apps, schema_editor):
    for key in apps.get_model("tools", "ApiKey").objects.all():
        key.any_role = not key.roles
        if "read" in key.scopes and "payloads" not in key.scopes:
            key.scopes = [*key.scopes, "payloads"]
        key.save(update_fields=["any_role", "scopes"])


def forget_payloads(apps, schema_editor):
    for key in apps.get_model("tools", "ApiKey").objects.filter(scopes__contains=["payloads"]):
        key.scopes = [scope for scope in key.scopes if scope != "payloads"]
        key.save(update_fields=["scopes"])


class Migration(migrations.Migration):

    dependencies = [("tools", "0006_key_services")]

    operations = [
        migrations.AlterModelOptions(
            name="tool",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("execute_tool", "Can run tools"),
                    ("execute_as_any_role", "Can run tools as any caller role"),
                    ("hold_breaker", "Can open, close and hold breakers"),
                    ("clear_cache", "Can clear the cache"),
                ],
            },
        ),
        *(
            operation
            for model in ("apikey", "historicalapikey")
            for operation in (
                migrations.AddField(model, "any_role", ANY_ROLE),
                migrations.AlterField(model, "scopes", SCOPES),
                migrations.AlterField(model, "roles", ROLES),
                migrations.AlterField(model, "default_role", DEFAULT_ROLE),
            )
        ),
        migrations.RunPython(keep_what_keys_could_do, forget_payloads),
    ]
