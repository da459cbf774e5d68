"""Experiments are about a prompt, a model, a route or a tool: what was about a prompt stays so."""

import tools.llm.experiments.models
from django.db import migrations, models
import django.db.models.deletion

KEPT = ("experiment_id", "number", "kind", "subject", "metric", "margin", "minimum_units", "minimum_days", "window_minutes",
        "guardrails", "ramp", "promotes_winner")
# The former guard names a column that goes, and that of arms would not let started runs' arms be written to.
UNGUARDED = """
DROP TRIGGER experiments_run_is_kept ON experiments_run;
ALTER TABLE experiments_arm DISABLE TRIGGER experiments_arm_is_kept;
"""
FILLED = """
UPDATE experiments_experiment SET kind = 'prompt', subject = prompts_prompt.name
    FROM prompts_prompt WHERE prompts_prompt.id = prompt_id;
UPDATE experiments_run SET kind = 'prompt', subject = prompts_prompt.name
    FROM prompts_prompt WHERE prompts_prompt.id = prompt_id;
UPDATE experiments_arm SET value = prompts_promptversion.number::text
    FROM prompts_promptversion WHERE prompts_promptversion.id = version_id;
"""
GUARDED = f"""
CREATE TRIGGER experiments_run_is_kept BEFORE UPDATE ON experiments_run
FOR EACH ROW WHEN (OLD.state <> 'draft' AND ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in KEPT)}))
EXECUTE FUNCTION experiments_keep_plan();
ALTER TABLE experiments_arm ENABLE TRIGGER experiments_arm_is_kept;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('experiments', '0002_fixed_rows'),
        ('prompts', '0002_fixed_rows'),
    ]

    operations = [
        migrations.RunSQL(UNGUARDED),
        migrations.AddField('experiment', 'kind', models.CharField(choices=tools.llm.experiments.models.kind_choices, default='prompt', max_length=10), preserve_default=False),
        migrations.AddField('experiment', 'subject', models.CharField(default='', help_text='Its name: whoever would get it is in it.', max_length=80), preserve_default=False),
        migrations.AddField('run', 'kind', models.CharField(choices=tools.llm.experiments.models.kind_choices, default='prompt', max_length=10), preserve_default=False),
        migrations.AddField('run', 'subject', models.CharField(default='', max_length=80), preserve_default=False),
        migrations.AddField('arm', 'value', models.CharField(default='', help_text="A version's number, or a deployment's, route's, tool's name.", max_length=80), preserve_default=False),
        migrations.AddField('arm', 'said', models.TextField(default='')),
        migrations.AddField('arm', 'sha256', models.CharField(default='', max_length=64)),
        migrations.AlterField('arm', 'version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prompts.promptversion')),
        migrations.RunSQL(FILLED),
        migrations.RemoveConstraint('run', 'experiments_one_a_prompt'),
        migrations.RemoveField('run', 'prompt'),
        migrations.RemoveField('experiment', 'prompt'),
        migrations.AddConstraint('run', models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('kind', 'subject'), name='experiments_one_a_subject')),
        migrations.AlterField('experiment', 'label', models.CharField(blank=True, default='production', help_text='Of a prompt: whoever asks for it is in it.', max_length=40)),
        migrations.AlterField('exposure', 'version', models.CharField(help_text="The arm's value; of a prompt as the span has it.", max_length=80)),
        migrations.AlterField('exposure', 'sha256', models.CharField(help_text='Of what was sent first.', max_length=64)),
        migrations.AlterField('exposure', 'failed_over', models.BooleanField(default=False, help_text='Another had to answer, or the arm was not to be had.')),
        migrations.RunSQL(GUARDED),
    ]
