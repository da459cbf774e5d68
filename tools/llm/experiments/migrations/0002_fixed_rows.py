"""What was fixed stays so, also for who comes by SQL: the plan and arms of a run that has started, and the ledger."""

from django.db import migrations

PLAN = ("experiment_id", "number", "prompt_id", "metric", "margin", "minimum_units", "minimum_days", "window_minutes", "guardrails",
        "ramp", "promotes_winner")
FIXED = f"""
CREATE FUNCTION experiments_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER experiments_entry_is_fixed BEFORE UPDATE ON experiments_entry
FOR EACH ROW EXECUTE FUNCTION experiments_refuse_update();

CREATE FUNCTION experiments_keep_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the run has started, so its plan stays as it is: begin a new run'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER experiments_run_is_kept BEFORE UPDATE ON experiments_run
FOR EACH ROW WHEN (OLD.state <> 'draft' AND ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in PLAN)}))
EXECUTE FUNCTION experiments_keep_plan();

CREATE FUNCTION experiments_keep_arms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM experiments_run WHERE id = NEW.run_id AND state <> 'draft') THEN
        RAISE EXCEPTION 'the run has started, so its arms stay as they are: begin a new run'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER experiments_arm_is_kept BEFORE INSERT OR UPDATE ON experiments_arm
FOR EACH ROW EXECUTE FUNCTION experiments_keep_arms();
"""
BACK = """
DROP TRIGGER experiments_arm_is_kept ON experiments_arm;
DROP TRIGGER experiments_run_is_kept ON experiments_run;
DROP TRIGGER experiments_entry_is_fixed ON experiments_entry;
DROP FUNCTION experiments_keep_arms();
DROP FUNCTION experiments_keep_plan();
DROP FUNCTION experiments_refuse_update();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('experiments', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(FIXED, BACK),
    ]
