"""Between a span of a call and the one above it others may lie, of HTTP for example. From the next span on."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0012_witness_server'),
    ]

    operations = [
        # Postgres fills it in, also for what a process of the release before still writes.
        migrations.AddField(
            model_name='witness',
            name='steps',
            field=models.SmallIntegerField(
                db_default=0, help_text='So many spans that are no calls lie between it and its parent here.'
            ),
        ),
    ]
