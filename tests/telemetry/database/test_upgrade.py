"""An installation from before spans became narrow keeps what it has stored."""

import os
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from salesboost.services import Postgres
from telemetry.counts import histogram
from telemetry.counts.histogram import Histogram, unpacked
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
CALLS = (
    *("first_try", "after_retry", "after_fallback", "from_cache", '"authorization"', "rate_limit", "arguments"),
    *("breaker", "timeout", "provider_error", "returned_failure", "tool_bug", "attempts", "duration_sum_us"),
)
REST = ("spans", "errors", "input_tokens", "output_tokens", "unpriced", "cost_usd")
SERIES = """
INSERT INTO telemetry_series (digest, operation, kind, tool, provider, model, prompt_version, caller_role, agent,
    service, api_key, first_seen_at)
SELECT gen_random_uuid(), 'execute_tool', 1, tool, '', '', '', '', '', service, key, now()
FROM (VALUES ('crm', 'salesboost', 'key'), ('crm', 'shop', 'key'), ('crm', '', 'key'), ('crm', '', ''),
    ('sms', 'salesboost', 'key')) AS words (tool, service, key)"""
ROLLUPS = f"""
INSERT INTO telemetry_rollup (resolution_s, bucket, series_id, {", ".join(CALLS + REST)}, durations)
SELECT step_s, date_trunc('day', now()), id, {", ".join("1" for _ in CALLS + REST)}, array_fill(1, ARRAY[50])
FROM telemetry_series, unnest(ARRAY[60, 3600]) AS step_s"""
BY_TOOL = f"""
INSERT INTO telemetry_tool_rollup (resolution_s, bucket, tool, {", ".join(CALLS)}, durations)
SELECT step_s, date_trunc('day', now()), tool, {", ".join("n" for _ in CALLS)}, array_fill(n, ARRAY[50])
FROM unnest(ARRAY[600, 3600, 14400]) AS step_s, (VALUES ('crm', 4), ('sms', 1)) AS tools (tool, n)"""
OLD_SERIES = """
INSERT INTO telemetry_series (digest, operation, kind, tool, provider, model, prompt_version, caller_role, agent,
    service, api_key, origin, first_seen_at)
VALUES (gen_random_uuid(), 'execute_tool', 1, %s, '', '', '', '', '', 'salesboost', '', 'own', now())
RETURNING id"""
SORTED = "SELECT tool, service, api_key, origin FROM telemetry_series ORDER BY tool, service, api_key"
SORTED_BY_TOOL = """
SELECT resolution_s, tool, origin, first_try, durations FROM telemetry_tool_rollup
ORDER BY resolution_s, tool, origin"""
DIGESTS = """
SELECT count(*) FROM telemetry_series
WHERE digest = md5(concat_ws(E'\\x1f', operation, kind, tool, provider, model, prompt_version,
    caller_role, agent, service, api_key, origin))::uuid"""
OVER_100_S = histogram.bucket(100_000.0)
# What was counted before 0010, as durations in ms; the first of each is one call, exact by its sum.
WIDE = {
    "one": [751.4],
    "one_long": [5_400_000.0],
    "alike": [751.0] * 200,
    "spread": [0.07, 3.0, 12.0, 80.0, 80.0, 400.0, 9_000.0, 90_000.0],
    "long": [400.0, 90_000.0, 600_000.0, 600_000.0],
}
LATENCIES = """
SELECT tool, durations, duration_min_ms, duration_max_ms FROM telemetry_rollup
JOIN telemetry_series ON id = series_id
UNION ALL SELECT tool, durations, duration_min_ms, duration_max_ms FROM telemetry_tool_rollup"""
READ = """
SELECT tool, observe.histogram_percentile(durations, 0.5, duration_min_ms, duration_max_ms) FROM observe.rollups"""
NEW_ROLLUPS = """
SELECT provider, spans, first_try FROM telemetry_rollup JOIN telemetry_series ON id = series_id
WHERE resolution_s = 3600 ORDER BY provider"""


def migrate(url: str, *words: str) -> None:
    environment = os.environ | {"DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", *words, "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=90)


@contextmanager
def an_installation() -> Iterator[str]:
    """The address of a Postgres of its own."""
    with a_folder("salesboost-old-") as folder:
        own = OwnPostgres(Postgres(folder, settings={"fsync": "off"}))
        own.service.prepare()
        own.start()
        try:
            yield own.service.url
        finally:
            own.stop()


def test_stored_spans_and_rollups_are_converted():
    with an_installation() as url:
        migrate(url, "telemetry", "0001")
        with psycopg.connect(url) as connection:
            connection.execute(OLD_SPAN)
            connection.execute(OLD_ROLLUP)
        migrate(url, "telemetry")
        with psycopg.connect(url) as connection:
            spans = connection.execute(NEW_SPANS).fetchall()
            rollups = connection.execute(NEW_ROLLUPS).fetchall()
    assert spans == [
        ("groq", 5, 25, "1", "shop", "execute_tool crm"),
        ("openai", 5, 30, "10", "shop", "execute_tool crm"),
    ]
    assert rollups == [("groq", 5, 5), ("openai", 5, 5)]


def test_stored_series_and_rollups_by_tool_are_sorted_by_who_saw_them():
    with an_installation() as url:
        migrate(url, "telemetry", "0007")
        with psycopg.connect(url) as connection:
            for statement in (SERIES, ROLLUPS, BY_TOOL):
                connection.execute(statement)
        migrate(url, "telemetry")
        with psycopg.connect(url) as connection:
            series = connection.execute(SORTED).fetchall()
            by_tool = connection.execute(SORTED_BY_TOOL).fetchall()
            [(known,)] = connection.execute(DIGESTS).fetchall()
    assert series == [
        ("crm", "", "", "own"),
        ("crm", "", "key", "reported"),
        ("crm", "salesboost", "key", "own"),
        ("crm", "shop", "key", "reported"),
        ("sms", "salesboost", "key", "own"),
    ]
    # Those above 100 s: the mean that is left of the row's sum, which says less.
    counted = [("crm", "own", 2, 2), ("crm", "reported", 2, 2), ("sms", "own", 1, 1)]
    by_tool = [(*row, unpacked(str(number))[OVER_100_S]) for *row, number in by_tool]
    assert by_tool == [(step_s, *row) for step_s in (600, 3600, 14_400) for row in counted]
    assert known == len(series)


def wide(durations_ms):
    """As the rollups of before counted them."""
    bounds = [0.1 * 10 ** (step / 8) for step in range(49)]
    counts = [0] * 50
    for duration_ms in durations_ms:
        counts[bisect_left(bounds, duration_ms)] += 1
    return counts


def counted_before(connection):
    """WIDE as rollups of both tables, each of a tool."""
    for tool, durations in WIDE.items():
        [series] = connection.execute(OLD_SERIES, [tool]).fetchone()
        sums = {"first_try": len(durations), "duration_sum_us": sum(round(each * 1000) for each in durations)}
        keys = ({"series_id": series, "spans": len(durations)}, {"tool": tool, "origin": "own"})
        zeros = (dict.fromkeys(CALLS + REST, 0), dict.fromkeys(CALLS, 0))
        for table, key, rest in zip(("telemetry_rollup", "telemetry_tool_rollup"), keys, zeros, strict=True):
            row = {"resolution_s": 3600, "bucket": "now", **rest, **key, **sums, "durations": wide(durations)}
            places = ", ".join(["%s"] * len(row))
            connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))


def test_latencies_are_converted_as_far_as_their_buckets_tell_and_marked():
    with an_installation() as url:
        migrate(url, "telemetry", "0009")
        migrate(url, "readers", "0003")
        with psycopg.connect(url) as connection:
            counted_before(connection)
        migrate(url)
        with psycopg.connect(url) as connection:
            found = connection.execute(LATENCIES).fetchall()
            medians = dict(connection.execute(READ).fetchall())
    read = {tool: Histogram(unpacked(str(number)), min_ms, max_ms) for tool, number, min_ms, max_ms in found}
    assert len(found) == 2 * len(WIDE)
    assert {tool for tool in read if read[tool].error == histogram.ERROR} == {"one", "one_long"}
    for tool, durations in WIDE.items():
        assert read[tool].count == len(durations)
        for place, exact in enumerate(sorted(durations), 1):
            told = read[tool].percentile(place / len(durations))
            near = 0.001 if len(durations) == 1 else histogram.WIDE_ERROR * exact
            assert abs(told - exact) <= near, (tool, exact)
        assert medians[tool] == pytest.approx(read[tool].percentile(0.5))
