"""What each of several spans says that tell of one call, and when calls were stored; from the next span on."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0010_latency'),
    ]

    operations = [
        # Without a default it changes no stored row, in none of the partitions.
        migrations.AddField(
            model_name='span',
            name='stored_at',
            field=models.DateTimeField(help_text='When it was stored; of tool calls alone.', null=True),
        ),
        migrations.CreateModel(
            name='Witness',
            fields=[
                ('pk', models.CompositePrimaryKey('trace_id', 'span_id', 'start_time', blank=True, editable=False, primary_key=True, serialize=False)),
                ('trace_id', models.UUIDField()),
                ('span_id', models.BigIntegerField()),
                ('start_time', models.DateTimeField()),
                ('parent_span_id', models.BigIntegerField(null=True)),
                ('duration_ms', models.FloatField()),
                ('fingerprint', models.BigIntegerField(help_text='The group of errors it would belong to.', null=True)),
                ('stored_at', models.DateTimeField(help_text='When the call was first known: as rules judge it.', null=True)),
                ('status', models.SmallIntegerField()),
                ('attempts', models.SmallIntegerField()),
                ('named', models.SmallIntegerField(help_text='telemetry.spans.rows.Named: how it names its tool.')),
                ('mcp', models.BooleanField(help_text='It is an MCP span.')),
                ('told', models.BooleanField(help_text='It says why it failed.')),
                ('counted', models.BooleanField(help_text='It is the one that is believed.')),
                ('outcome', models.TextField(help_text='A telemetry.semconv.Outcome: how the call ended by what it says.')),
                ('series', models.ForeignKey(db_constraint=False, db_index=False, help_text='As a call.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telemetry.series')),
            ],
            options={
                'db_table': 'telemetry_witness',
                'indexes': [models.Index(models.F('trace_id'), models.F('parent_span_id'), name='telemetry_witness_above'), django.contrib.postgres.indexes.BrinIndex(fields=['start_time'], name='telemetry_witness_time')],
            },
        ),
    ]
