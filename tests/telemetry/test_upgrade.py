"""An installation from before spans became narrow keeps what it has stored."""

import os
import subprocess
import sys

import psycopg
import pytest

from salesboost.services import Postgres
from tests.telemetry.processes import ROOT, OwnPostgres, a_folder

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]

OLD_SPAN = """
INSERT INTO telemetry_span (
    start_time, trace_id, span_id, duration_ms, kind, status, attempts, input_tokens, name,
    operation, outcome, tool, provider, model, prompt_version, caller_role, session_id, tool_call_id, error_type,
    error_message, agent, service, attributes, events
)
SELECT date_trunc('hour', now()), gen_random_uuid(), n, n / 2.0, 1, 1, 1, 7, 'execute_tool crm',
    'execute_tool', 'first_try', 'crm',
    (ARRAY['openai', 'groq'])[1 + n % 2], 'gpt-4o', '', 'coach', 's' || n, 'call_' || n, '', '', '', 'shop',
    jsonb_build_object('number', n), '[]'
FROM generate_series(1, 10) AS n"""
OLD_ROLLUP = """
INSERT INTO telemetry_rollup
SELECT 3600, date_trunc('hour', now()), 'crm', provider, 'gpt-4o', '', 'coach',
    5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5000, array_fill(0, ARRAY[50])
FROM unnest(ARRAY['openai', 'groq']) AS provider"""
NEW_SPANS = """
SELECT provider, count(*), sum(span_id), min(attributes ->> 'number'), min(resource ->> 'service.name'),
    min(own_name)
FROM telemetry_span s
JOIN telemetry_series e ON e.id = series_id JOIN telemetry_source o ON o.id = source_id
GROUP BY provider ORDER BY provider"""
NEW_ROLLUPS = """
SELECT provider, spans, first_try FROM telemetry_rollup JOIN telemetry_series ON id = series_id
WHERE resolution_s = 3600 ORDER BY provider"""


def migrate(url: str, *words: str) -> None:
    environment = os.environ | {"DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", *words, "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=90)


def test_stored_spans_and_rollups_are_converted():
    with a_folder("salesboost-old-") as folder:
        own = OwnPostgres(Postgres(folder, settings={"fsync": "off"}))
        own.service.prepare()
        own.start()
        try:
            migrate(own.service.url, "telemetry", "0001")
            with psycopg.connect(own.service.url) as connection:
                connection.execute(OLD_SPAN)
                connection.execute(OLD_ROLLUP)
            migrate(own.service.url)
            with psycopg.connect(own.service.url) as connection:
                spans = connection.execute(NEW_SPANS).fetchall()
                rollups = connection.execute(NEW_ROLLUPS).fetchall()
        finally:
            own.stop()
    assert spans == [
        ("groq", 5, 25, "1", "shop", "execute_tool crm"),
        ("openai", 5, 30, "10", "shop", "execute_tool crm"),
    ]
    assert rollups == [("groq", 5, 5), ("openai", 5, 5)]
