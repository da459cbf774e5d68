from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0007_ended_calls")]

    operations = [
        migrations.AddField(
            model_name="recorder",
            name="oldest_waiting_at",
            field=models.DateTimeField(help_text="When the oldest of those ended.", null=True),
        ),
    ]
