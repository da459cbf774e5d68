from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.queries import call_counts, calls
from dashboard.queries.top_names import Named
from telemetry.semconv import Outcome
from tests.dashboard.builders import store_calls

pytestmark = pytest.mark.django_db


def test_the_last_error_of_each_tool_is_found_by_what_the_rollups_say():
    now = timezone.now()
    for minutes, outcome in ((200, Outcome.PROVIDER), (61, Outcome.TIMEOUT), (5, Outcome.FIRST_TRY)):
        store_calls(bad=2, outcome=outcome, at=now - timedelta(minutes=minutes))
    store_calls(bad=1, at=now - timedelta(minutes=300), tool="sms", provider="groq")
    store_calls(good=1, at=now, tool="fine")
    window = periods.find("24h").window(now)
    shown = call_counts.names(window, {})
    found = calls.last_errors(window, {}, shown)
    assert {tool: span.outcome for tool, span in found.items()} == {"crm_integration": "timeout", "sms": "timeout"}
    assert found["crm_integration"].start_time == now - timedelta(minutes=61) + timedelta(microseconds=1)
    assert set(calls.last_errors(window, {"provider": "groq"}, shown)) == {"sms"}
    assert calls.last_errors(periods.find("15m").window(now), {}, shown) == {}


def test_without_failures_no_call_is_searched(django_assert_num_queries):
    store_calls(good=3)
    with django_assert_num_queries(1):
        assert (
            calls.last_errors(periods.DEFAULT.window(timezone.now()), {}, Named(frozenset({"crm_integration"})))
            == {}
        )
