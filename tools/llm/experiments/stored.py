"""Exposures as rows: one a unit and run, whoever writes it, however often."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from tools.llm.experiments.given import Exposure

# A mark, once set, stays. Rows in one order: two processes that write the same units never wait for each other.
ADD = """
INSERT INTO experiments_exposure AS kept (run_id, arm_id, unit, stratum, at, version, sha256, model, mixed, late,
    failed_over, wrong_text, calls, succeeded, first_try)
SELECT DISTINCT ON (run, unit) run, arm, unit, stratum, at, version, sha256, model, false,
    coalesce(experiments_run.ended_at < at, false), failed_over, wrong_text, 0, 0, 0
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::timestamptz[], %s::text[], %s::text[],
    %s::text[], %s::bool[], %s::bool[])
    AS new (run, arm, unit, stratum, at, version, sha256, model, failed_over, wrong_text)
JOIN experiments_run ON experiments_run.id = run
ORDER BY run, unit, at
ON CONFLICT (run_id, unit) DO NOTHING"""
MARK = """
UPDATE experiments_exposure kept SET
    mixed = kept.mixed OR new.mixed_up, failed_over = kept.failed_over OR new.failed_over,
    wrong_text = kept.wrong_text OR new.wrong_text
FROM (
    SELECT old.id, bool_or(old.arm_id <> arm OR old.version <> said.version) AS mixed_up,
        bool_or(said.failed_over) AS failed_over, bool_or(said.wrong_text) AS wrong_text
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bool[], %s::bool[])
        AS said (run, arm, unit, version, failed_over, wrong_text)
    JOIN experiments_exposure old ON old.run_id = run AND old.unit = said.unit
    GROUP BY old.id
) new
WHERE kept.id = new.id AND (new.mixed_up AND NOT kept.mixed OR new.failed_over AND NOT kept.failed_over
    OR new.wrong_text AND NOT kept.wrong_text)"""
SESSIONS = """
INSERT INTO experiments_exposedsession (exposure_id, session_id)
SELECT DISTINCT kept.id, session FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS said (run, unit, session)
JOIN experiments_exposure kept ON kept.run_id = run AND kept.unit = said.unit
WHERE session <> '' ORDER BY kept.id, session
ON CONFLICT DO NOTHING"""


def add_exposures(noted: Sequence[tuple[datetime, Exposure]]) -> None:
    """Three statements in one transaction."""
    said = [each for _, each in noted]
    runs, units = [each.run for each in said], [each.unit for each in said]
    arms, versions = [each.arm for each in said], [each.version for each in said]
    over, wrong = [each.failed_over for each in said], [each.wrong_text for each in said]
    strata, moments = [each.stratum for each in said], [at for at, _ in noted]
    with transaction.atomic(), connection.cursor() as cursor:
        digests, models = [each.sha256 for each in said], [each.model[:300] for each in said]
        cursor.execute(ADD, [runs, arms, units, strata, moments, versions, digests, models, over, wrong])
        cursor.execute(MARK, [runs, arms, units, versions, over, wrong])
        cursor.execute(SESSIONS, [runs, units, [each.session_id for each in said]])
