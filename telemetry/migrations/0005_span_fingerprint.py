"""The index by which the examples of a group of errors are found; of failed spans only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0002_narrow_spans'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='span',
            index=models.Index(models.F('fingerprint'), models.F('start_time'), condition=models.Q(('fingerprint__isnull', False)), name='telemetry_span_fingerprint'),
        ),
    ]
