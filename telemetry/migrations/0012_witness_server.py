"""Which MCP server a span names: a tool's name may have it before it. From the next span on."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0011_call_witnesses'),
    ]

    operations = [
        # Postgres fills it in, also for what a process of the release before still writes.
        migrations.AddField(
            model_name='witness',
            name='server',
            field=models.TextField(db_default='', help_text='What an MCP span says that its server is called.'),
        ),
    ]
