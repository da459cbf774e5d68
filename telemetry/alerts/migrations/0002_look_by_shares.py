"""Rules look at shares of calls by their end; what was stored before is told in the new words."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


# Incidents that fired before know one share, that of all calls.
EVIDENCE = """
UPDATE alerts_incident SET evidence = evidence || jsonb_build_object(
    'share', 'calls', 'late', false, 'behind_breaker', NULL,
    'factors', jsonb_build_array(jsonb_build_array(evidence -> 'good', evidence -> 'total')))
WHERE evidence ? 'good' AND NOT evidence ? 'factors'"""
# The rule that installations start with, where nobody gave it another pending time.
AT_ONCE = "UPDATE alerts_rule SET for_s = 0 WHERE name = 'Success rate of a tool' AND for_s = 15"


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='rulestate',
            name='good',
        ),
        migrations.AddField(
            model_name='rulestate',
            name='broken',
            field=models.JSONField(default=list, help_text='The shares that were breached since it is pending or firing.'),
        ),
        migrations.AddField(
            model_name='rulestate',
            name='longest_ms',
            field=models.FloatField(default=0.0, help_text='The longest call that ended in the window.'),
        ),
        migrations.AddField(
            model_name='rulestate',
            name='share',
            field=models.TextField(default='calls', help_text='Whose numbers the following are: telemetry.alerts.shares.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='kind',
            field=models.CharField(choices=[('firing', 'Firing'), ('resolved', 'Resolved'), ('test', 'Test'), ('fault', 'rule at fault')], max_length=10),
        ),
        migrations.AlterField(
            model_name='historicalrule',
            name='for_s',
            field=models.PositiveIntegerField(default=0, help_text='The breach must hold this long before anybody is told.', validators=[django.core.validators.MaxValueValidator(86400)], verbose_name='pending for (s)'),
        ),
        migrations.AlterField(
            model_name='historicalrule',
            name='window_s',
            field=models.PositiveIntegerField(default=300, help_text='How far back the rule looks, in steps of 5 s; of 60 s beyond an hour.', validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(86400)], verbose_name='window (s)'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='for_s',
            field=models.PositiveIntegerField(default=0, help_text='The breach must hold this long before anybody is told.', validators=[django.core.validators.MaxValueValidator(86400)], verbose_name='pending for (s)'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='window_s',
            field=models.PositiveIntegerField(default=300, help_text='How far back the rule looks, in steps of 5 s; of 60 s beyond an hour.', validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(86400)], verbose_name='window (s)'),
        ),
        migrations.AlterField(
            model_name='rulestate',
            name='total',
            field=models.PositiveIntegerField(default=0, help_text='The calls that the share is judged by.'),
        ),
        migrations.AlterField(
            model_name='rulestate',
            name='value',
            field=models.FloatField(help_text='Empty without calls.', null=True),
        ),
        migrations.CreateModel(
            name='RuleFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tool', models.TextField(blank=True)),
                ('error', models.TextField()),
                ('since', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='alerts.rule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule', 'tool'), name='alerts_fault_of_rule_and_tool')],
            },
        ),
        migrations.RunSQL(EVIDENCE, migrations.RunSQL.noop),
        migrations.RunSQL(AT_ONCE, migrations.RunSQL.noop),
    ]
