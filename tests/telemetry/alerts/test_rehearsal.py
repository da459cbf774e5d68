import io
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Incident
from telemetry.alerts.rehearsal import rehearse
from telemetry.semconv import UNKNOWN_TOOL
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_rule

pytestmark = pytest.mark.django_db


def make_bad_minutes(seed: int) -> None:
    """Two tools for fifteen minutes; one of them breaks twice, for 80 s."""
    rng = random.Random(seed)
    for second in range(5, 900, 10):
        for tool in ("crm", "sms"):
            broken = tool == "crm" and second % 400 > 320
            bad = sum(rng.random() < (0.5 if broken else 0.03) for _ in range(20))
            make_calls(good=20 - bad, bad=bad, when=at(second), tool=tool)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_rehearsal_finds_what_the_evaluator_found(seed):
    rule = make_rule(window_s=60, for_s=15, keep_firing_for_s=30)
    make_bad_minutes(seed)
    for second in range(0, 900, 5):
        evaluate(at(second))
    live = Incident.objects.order_by("opened_at").values_list(
        "tool", "began_at", "opened_at", "resolved_at", "worst_value", "summary"
    )
    rehearsed = rehearse(rule, NOON, at(900))
    assert [incident.tool for incident in rehearsed] == ["crm", "crm"]
    assert [(i.tool, i.began_at, i.opened_at, i.resolved_at, i.worst_value, i.summary) for i in rehearsed] == list(
        live
    )


def test_a_rehearsal_tells_nobody():
    rule = make_rule()
    make_calls(bad=100)
    assert len(rehearse(rule, NOON, at(60))) == 1
    assert not Incident.objects.exists()


def test_a_rehearsal_sees_the_calls_that_the_rule_sees():
    make_calls(bad=100, tool=UNKNOWN_TOOL)
    make_calls(bad=100, tool="crm", provider="openai")
    make_calls(bad=100, tool="sms", provider="mistral")
    rule = make_rule(provider="openai")
    assert [incident.tool for incident in rehearse(rule, NOON, at(60))] == ["crm"]


def test_the_first_look_sees_its_whole_window():
    rule = make_rule(window_s=7200)
    make_calls(bad=100, step_s=60, when=at(-7140))
    assert [incident.opened_at for incident in rehearse(rule, NOON, at(60))] == [NOON]


def test_it_reads_six_hours_at_once(django_assert_num_queries):
    rule = make_rule()
    with django_assert_num_queries(3):  # what may be late to the first look comes before
        rehearse(rule, NOON, NOON + timedelta(hours=11))


def test_the_command_lists_what_would_have_been_told():
    make_rule()
    make_calls(good=30, bad=70, when=datetime.now(UTC) - timedelta(minutes=10))
    written = io.StringIO()
    call_command("rehearse_rule", "Success rate", hours=1, stdout=written)
    assert "crm is at 30 %, below 90 %, since " in written.getvalue()
    assert "30 of 100 calls succeeded in 5 min" in written.getvalue()
    assert "still open; 30 % at worst." in written.getvalue()
    assert "1 incidents in 1 h (24.0 a day)." in written.getvalue()
    written = io.StringIO()
    call_command("rehearse_rule", "Success rate", hours=1, threshold=0.2, stdout=written)
    assert "0 incidents" in written.getvalue()


def test_the_command_names_the_rules_there_are():
    make_rule()
    with pytest.raises(CommandError, match=r"There is no rule 'x'\. Rules: Success rate"):
        call_command("rehearse_rule", "x")


def test_the_command_refuses_thresholds_that_cannot_work():
    make_rule()
    with pytest.raises(CommandError, match="would end while the rule is still breached"):
        call_command("rehearse_rule", "Success rate", threshold=0.99)


def test_a_rehearsal_of_days_whose_fine_counts_are_gone_is_refused():
    make_rule()
    with pytest.raises(CommandError, match=r"steps of 5 s.* for 3 days: use --hours \d+ at most"):
        call_command("rehearse_rule", "Success rate", hours=100)
