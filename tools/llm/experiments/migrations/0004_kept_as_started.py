"""What a started run gives out stays so by SQL, too: its state goes one way, and units are drawn as at the start.

Looks are kept closer in the beginning, so they no longer stand for an hour each.
"""

from django.db import migrations, models

# As running.py has it: a stop that is taken back, and a promotion that is.
FOLLOWS = (("draft", "running"), ("running", "stopped"), ("running", "promoted"), ("stopped", "promoted"), ("stopped", "running"),
           ("promoted", "stopped"))
DRAWN = ("name", "kind", "subject", "label", "unit", "salt")
KEPT = f"""
CREATE FUNCTION experiments_keep_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a run that is % does not become %: begin a new run', OLD.state, NEW.state
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER experiments_state_goes_on BEFORE UPDATE ON experiments_run
FOR EACH ROW WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({", ".join(map(str, FOLLOWS))}))
EXECUTE FUNCTION experiments_keep_state();

CREATE FUNCTION experiments_keep_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ramp goes on by one step while its run goes on' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER experiments_step_goes_on BEFORE UPDATE ON experiments_run
FOR EACH ROW WHEN (OLD.step <> NEW.step AND (OLD.state <> 'running' OR NEW.step <> OLD.step + 1))
EXECUTE FUNCTION experiments_keep_step();

CREATE FUNCTION experiments_keep_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM experiments_run WHERE experiment_id = OLD.id AND state <> 'draft') THEN
        RAISE EXCEPTION 'a run of the experiment has started, so who is drawn for what stays as it is: plan another experiment'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER experiments_experiment_is_kept BEFORE UPDATE ON experiments_experiment
FOR EACH ROW WHEN ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in DRAWN)})
EXECUTE FUNCTION experiments_keep_draw();

CREATE OR REPLACE FUNCTION experiments_keep_arms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM experiments_run WHERE state <> 'draft'
            AND (id = NEW.run_id OR TG_OP = 'UPDATE' AND id = OLD.run_id)
    ) THEN
        RAISE EXCEPTION 'the run has started, so its arms stay as they are: begin a new run'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BACK = """
DROP TRIGGER experiments_experiment_is_kept ON experiments_experiment;
DROP TRIGGER experiments_step_goes_on ON experiments_run;
DROP TRIGGER experiments_state_goes_on ON experiments_run;
DROP FUNCTION experiments_keep_draw();
DROP FUNCTION experiments_keep_step();
DROP FUNCTION experiments_keep_state();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('experiments', '0003_subjects'),
    ]

    operations = [
        migrations.RunSQL(KEPT, BACK),
        migrations.RemoveConstraint('look', 'experiments_look_once_an_hour'),
        migrations.RenameField('look', 'hour', 'slot'),
        migrations.AlterModelOptions('look', {'ordering': ['-at']}),
        migrations.AddConstraint('look', models.UniqueConstraint(fields=('run', 'slot'), name='experiments_look_once_a_slot')),
    ]
