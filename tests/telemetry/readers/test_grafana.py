"""Every query of the Grafana dashboard runs, as the reader, and says what the store says."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db(transaction=True)

BOARD = json.loads((Path(__file__).parents[3] / "deploy" / "grafana" / "salesboost.json").read_text())
PANELS = {panel["title"]: panel for panel in BOARD["panels"]}
QUERIES = {f"{panel['title']} ({panel['type']})": panel["targets"][0]["rawSql"] for panel in BOARD["panels"]}
VARIABLES = {each["name"]: each["query"] for each in BOARD["templating"]["list"] if each["type"] == "query"}
START, END = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def as_grafana_sends_it(query, interval_s=60, **chosen):
    """*query* with its macros and variables replaced as Grafana's Postgres data source replaces them."""
    for name in VARIABLES:
        words = ",".join(f"'{word}'" for word in chosen.get(name, ("crm", "sms", "groq", "gpt-4o", "(none)")))
        query = query.replace(f"${{{name}:sqlstring}}", words)
    query = query.replace("$__interval_ms", str(interval_s * 1000))
    query = re.sub(
        r"\$__timeGroupAlias\((\w+), \$__interval\)",
        rf'floor(extract(epoch from \1)/{interval_s})*{interval_s} AS "time"',
        query,
    )
    query = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN '{START:%FT%TZ}' AND '{END:%FT%TZ}'", query)
    query = query.replace("$__timeFrom()", f"'{START:%FT%TZ}'").replace("$__timeTo()", f"'{END:%FT%TZ}'")
    assert "$" not in query, query
    return query


@pytest.fixture
def some_calls():
    """Of crm 3 of 4 succeed, of sms none of 2; one call of a model."""
    calls = [make_row(duration_ms=100.0) for _ in range(3)]
    calls += [make_row(outcome=str(Outcome.TIMEOUT), status=2, duration_ms=900.0, error_message="too slow")]
    calls += [make_row(tool="sms", outcome=str(Outcome.PROVIDER), status=2) for _ in range(2)]
    calls += [make_row(tool="sms", outcome=str(Outcome.RATE_LIMIT))]
    chat = {"tool": "", "outcome": "", "operation": "chat", "provider": "groq", "model": "gpt-4o"}
    write_spans([*calls, make_row(**chat, input_tokens=10, output_tokens=5, cost_usd=Decimal("0.5"))])


@pytest.mark.parametrize("interval_s", [10, 60, 3600])
@pytest.mark.parametrize("name", QUERIES)
def test_every_panel_shows_something(reader, some_calls, name, interval_s):
    assert reader.execute(as_grafana_sends_it(QUERIES[name], interval_s)).fetchall()


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_offers_what_there_is(reader, some_calls, name):
    offered = [word for (word,) in reader.execute(as_grafana_sends_it(VARIABLES[name])).fetchall()]
    expected = {"tool": ["(none)", "crm", "sms"], "provider": ["(none)", "groq"], "model": ["(none)", "gpt-4o"]}
    assert offered == expected[name]


@pytest.mark.parametrize("interval_s", [10, 60, 3600])
def test_the_figures_are_right_at_every_resolution(reader, some_calls, interval_s):
    def value(title, **chosen):
        query = next(
            panel["targets"][0]["rawSql"]
            for panel in BOARD["panels"]
            if panel["title"] == title and panel["type"] == "stat"
        )
        return reader.execute(as_grafana_sends_it(query, interval_s, **chosen)).fetchone()[0]

    assert (value("Success rate"), value("n of the rate")) == (0.5, 6)
    assert value("Success rate", tool=("crm",)) == 0.75
    assert (value("Tokens"), value("Cost")) == (15, Decimal("0.5"))
    assert value("p95", tool=("crm",)) == pytest.approx(900, rel=0.05)
    assert value("n of the rate", tool=("nothing",)) == 0


def test_the_tools_that_fail_most_come_first(reader, some_calls):
    rows = reader.execute(as_grafana_sends_it(QUERIES["Tools that fail most (table)"])).fetchall()
    assert [(tool, failed, n) for tool, failed, n, *_ in rows] == [("sms", 2, 2), ("crm", 1, 4)]


def test_the_dashboard_asks_only_what_readers_may_see():
    assert len(QUERIES) == len(BOARD["panels"]) == 15
    tables = {table for query in QUERIES.values() for table in re.findall(r"FROM\s+(\S+)", query)}
    assert tables == {"observe.rollups", "observe.errors"}
