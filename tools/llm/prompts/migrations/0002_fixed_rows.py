"""What is written stays as it is, also for who comes by SQL: versions, their variants, and moves of labels."""

from django.db import migrations

FIXED = ("prompts_promptversion", "prompts_variant", "prompts_labelmove")
UPDATES = """
CREATE FUNCTION prompts_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change: write a new version', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_is_fixed BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION prompts_refuse_update();
"""
    for table in FIXED
)
# A version that a label has pointed at may have been sent: nothing is added to it and nothing taken from it.
WHOLE = """
CREATE FUNCTION prompts_keep_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_version bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN of_version := OLD.version_id; ELSE of_version := NEW.version_id; END IF;
    IF EXISTS (SELECT FROM prompts_labelmove WHERE to_version_id = of_version) THEN
        RAISE EXCEPTION 'a version that a label has pointed at stays whole' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER prompts_variant_is_kept BEFORE INSERT OR DELETE ON prompts_variant
FOR EACH ROW EXECUTE FUNCTION prompts_keep_whole();
"""
BACK = (
    "DROP TRIGGER prompts_variant_is_kept ON prompts_variant; DROP FUNCTION prompts_keep_whole();"
    + "".join(f"DROP TRIGGER {table}_is_fixed ON {table};" for table in FIXED)
    + "DROP FUNCTION prompts_refuse_update();"
)


class Migration(migrations.Migration):

    dependencies = [
        ('prompts', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(UPDATES + WHOLE, BACK),
    ]
