"""A rule says whose calls it judges; those from before judge those that count."""

from django.db import migrations, models

from telemetry.counts.origins import LABELS


class Migration(migrations.Migration):
    dependencies = [("alerts", "0003_sealed_secrets")]

    operations = [
        migrations.AddField(
            model_name=model,
            name="calls",
            field=models.CharField(
                choices=LABELS, default="counted", help_text="Whose calls are judged.", max_length=10
            ),
        )
        for model in ("rule", "historicalrule")
    ]
