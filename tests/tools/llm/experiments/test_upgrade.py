"""An installation whose experiments were about prompts alone keeps them, with runs that go on."""

import psycopg
import pytest

from tests.telemetry.database.test_upgrade import an_installation, migrate

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]
OLD = """
INSERT INTO prompts_prompt (id, name, purpose, created_at) VALUES (1, 'coach', 'Coaches.', now());
INSERT INTO prompts_promptversion (id, prompt_id, number, note, author, variables, created_at)
    VALUES (11, 1, 1, '', 'ann', '[]', now()), (12, 1, 2, '', 'ann', '[]', now());
INSERT INTO experiments_experiment (id, name, purpose, label, unit, salt, created_at, prompt_id)
    VALUES (1, 'shorter', 'Less?', 'production', 'conversation', 'salt', now(), 1);
INSERT INTO experiments_run (id, experiment_id, prompt_id, number, state, metric, margin, minimum_units,
    minimum_days, window_minutes, guardrails, ramp, promotes_winner, step, created_at, started_at)
    VALUES (1, 1, 1, 1, 'draft', 'success', 0.02, 400, 7, 60, '[]', '[{"share": 1.0}]', false, 0, now(), now());
INSERT INTO experiments_arm (run_id, label, weight, version_id) VALUES (1, 'as-is', 1, 11), (1, 'shorter', 1, 12);
UPDATE experiments_run SET state = 'running';
"""
RUNS = "SELECT kind, subject, state FROM experiments_run"
ARMS = "SELECT label, value, version_id, said, sha256 FROM experiments_arm ORDER BY id"


def test_what_was_about_a_prompt_stays_so_and_stays_fixed():
    with an_installation() as url:
        migrate(url, "experiments", "0002")
        with psycopg.connect(url) as connection:
            connection.execute(OLD)
        migrate(url, "experiments")
        with psycopg.connect(url) as connection:
            experiment = connection.execute("SELECT kind, subject, label FROM experiments_experiment").fetchall()
            runs, arms = connection.execute(RUNS).fetchall(), connection.execute(ARMS).fetchall()
            for change in ("experiments_run SET subject = 'other'", "experiments_arm SET value = '9'"):
                with pytest.raises(psycopg.errors.RestrictViolation), connection.transaction():
                    connection.execute(f"UPDATE {change}")
    assert experiment == [("prompt", "coach", "production")] and runs == [("prompt", "coach", "running")]
    assert arms == [("as-is", "1", 11, "", ""), ("shorter", "2", 12, "", "")]
