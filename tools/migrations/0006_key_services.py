import django.contrib.postgres.fields
from django.db import migrations, models


def services():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(max_length=96),
        blank=True,
        default=list,
        help_text="Services (service.name) whose spans the key may send, by comma. Empty: any.",
        size=None,
    )


class Migration(migrations.Migration):
    dependencies = [("tools", "0005_words")]

    operations = [
        migrations.AddField(model_name=model, name="services", field=services())
        for model in ("apikey", "historicalapikey")
    ]
