"""The judge: looks at what is running, and does what is his to do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call
from tests.tools.llm.experiments.rows import PLAIN, a_call, a_run, expose, played
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.experiments import judge, listing, running
from tools.llm.experiments.feedback import give
from tools.llm.experiments.figures import base_of
from tools.llm.experiments.forecasting import forecast, in_words, of_plan
from tools.llm.experiments.models import Entry, ExposedSession, Exposure, Feedback, Look, Run
from tools.llm.experiments.plan import ArmPlan, Guardrail, Plan, Step
from tools.llm.experiments.tasks import forget_old_sessions, judge_experiments
from tools.llm.prompts.models import Label

pytestmark = pytest.mark.django_db
GUARDED = {"guardrails": (Guardrail("success", 0.05),), "window_minutes": 1}


def production():
    return Label.objects.get(name="production").version.number


def test_a_broken_guardrail_stops_the_run_at_once_and_stands_in_the_ledger():
    run = a_run(**GUARDED)
    played(run, {"as-is": (80, 0), "shorter": (20, 60)})
    assert judge_experiments() == 1
    entry = Entry.objects.first()
    assert (Run.objects.get().state, entry.action, entry.by) == ("stopped", "stopped", "the judge")
    assert "Success of tool calls" in entry.reason and "shorter" in entry.reason
    (arm,) = entry.evidence["arms"]
    assert arm["guardrails"][0]["word"] == "broken" and arm["high"] < -0.05
    assert production() == 1
    running.undo(entry, by="ann", reason="the tool was away, not the prompt")
    assert Run.objects.get().state == "running"


def test_a_better_arm_never_goes_live_by_itself_unless_an_admin_said_so():
    run = a_run(**GUARDED, minimum_units=20)
    played(run, {"as-is": (40, 80), "shorter": (118, 2)})
    found = judge.look(run, timezone.now())
    assert (found.winner, Run.objects.get().state, production()) == ("shorter", "running", 1)
    running.stop(run, by="ann", reason="by hand from here")


def test_where_an_admin_said_so_the_winner_goes_live_with_its_evidence():
    run = a_run(**GUARDED, minimum_units=20, promotes_winner=True)
    played(run, {"as-is": (40, 80), "shorter": (118, 2)})
    judge.look(run, timezone.now())
    entry = Entry.objects.first()
    assert (Run.objects.get().state, production(), entry.action) == ("promoted", 2, "promoted")
    assert entry.evidence["winner"] == "shorter" and entry.evidence["label_before"] == 1
    running.undo(entry, by="ann", reason="no")
    assert production() == 1


def test_the_ramp_goes_on_only_when_its_steps_minimum_is_met():
    run = a_run(ramp=(Step(0.1, 4, 24), Step(0.5)), window_minutes=1)
    played(run, {"as-is": (2, 0), "shorter": (1, 0)})
    judge.look(run, timezone.now())
    assert Run.objects.get().step == 0
    expose(run, "one-more", "shorter", at=timezone.now() - timedelta(minutes=30))
    judge.look(run, timezone.now())
    assert Run.objects.get().step == 1
    assert (
        Entry.objects.first().reason == "The step had its units and its time, as planned: on to 50 % of all units."
    )


def test_a_wrong_text_stops_the_run():
    run = a_run(**GUARDED)
    expose(run, "u", wrong_text=True)
    judge.look(run, timezone.now())
    assert Run.objects.get().state == "stopped"
    assert "1 unit got something else than the arm was" in Entry.objects.first().reason


def test_units_that_came_otherwise_than_planned_are_said_by_model_and_nothing_is_decided():
    run = a_run(**GUARDED, promotes_winner=True, minimum_units=2)
    played(run, {"as-is": (20, 0), "shorter": (120, 0)})
    found = judge.look(run, timezone.now())
    assert found.split.exposed.is_found and found.winner is None
    assert found.split.dimensions["model"]["openai/gpt-5.2"].is_found
    assert any("Units" in reason for reason in found.reasons)


def test_the_last_look_of_each_slot_is_kept_and_told():
    run = a_run(**GUARDED)
    played(run, {"as-is": (8, 2), "shorter": (9, 1)})
    began = timezone.now().replace(minute=10)
    for minutes in (0, 20, 60):
        judge.look(run, began + timedelta(minutes=minutes))
    assert Look.objects.count() == 2
    (told,) = listing.whole_experiment("shorter-greeting")["runs"]
    assert [point["arms"][0]["arm_units"] for point in told["over_time"]] == [10, 10]
    assert told["judged"]["arms"][0]["control_value"] == pytest.approx(0.8)
    assert told["judged"]["flags"] == {}


def test_the_look_that_a_run_is_stopped_by_is_kept_beside_those_that_follow():
    run = a_run(**GUARDED)
    played(run, {"as-is": (80, 0), "shorter": (20, 60)})
    now = timezone.now()
    judge.look(run, now)
    ended = Run.objects.get()
    expose(run, "one-more", at=now - timedelta(seconds=1))
    for minutes in (1, 5, 9):  # its window is over in between, and then nothing changes any more
        judge.look(ended, now + timedelta(minutes=minutes))
    assert [(look.at - now) // timedelta(minutes=1) for look in Look.objects.order_by("at")] == [0, 5]
    first = Look.objects.earliest("at").said
    assert first["arms"][0]["guardrails"][0]["word"] == "broken"
    (told,) = listing.whole_experiment("shorter-greeting")["runs"]
    assert told["judged_at"] == (now + timedelta(minutes=5)).isoformat() > told["ended_at"]


def test_what_people_decide_carries_the_figures_of_that_moment():
    run = a_run(**GUARDED, ramp=(Step(0.5), Step(1.0)))
    played(run, {"as-is": (70, 10), "shorter": (72, 8)})
    judge.reading.refresh(run, timezone.now())
    running.widen(run, by="ann", reason="it looks well")
    running.stop(run, by="ann", reason="it is enough")
    running.promote(run, run.arms.get(label="shorter"), by="ann", reason="it is no worse")
    for entry in Entry.objects.filter(by="ann", action__in=("widened", "stopped", "promoted")):
        (arm,) = entry.evidence["arms"]
        assert (arm["control_units"], arm["arm_units"]) == (80, 80) and arm["low"] < 0 < arm["high"]
    assert Look.objects.count() == 3


def test_a_run_that_cannot_be_judged_keeps_nobody_waiting(monkeypatch, caplog):
    slow = a_run(**GUARDED)
    other = a_run("another", a_prompt("waving", production=1), **GUARDED)
    look = judge.look

    def looked(run, now):
        if run == slow:
            raise TimeoutError("slow")
        return look(run, now)

    monkeypatch.setattr(judge, "look", looked)
    assert judge.look_at_all(timezone.now()) == 2
    assert "could not be judged: TimeoutError('slow')" in caplog.text and Look.objects.get().run == other


def test_a_look_at_a_run_costs_the_same_queries_however_many_units(django_assert_max_num_queries):
    run = a_run(**GUARDED)
    played(run, {"as-is": (30, 0), "shorter": (30, 0)})
    judge.look(run, timezone.now())
    with django_assert_max_num_queries(16):
        judge.look(run, timezone.now())


def test_feedback_counts_that_comes_within_the_window():
    run = a_run(metric="feedback", window_minutes=60)
    now = timezone.now()
    for unit, ago in (("soon", 30), ("late", 90)):
        expose(run, unit, at=now - timedelta(minutes=ago))
        give(unit, 0.5, sender="key app", comment="so so")
        give(unit, 1.0, sender="key app")
    judge.look(run, now)
    assert dict(Exposure.objects.values_list("unit", "feedback")) == {"soon": 1.0, "late": None}


def test_sessions_are_forgotten_with_their_spans_and_feedback_with_arguments(settings):
    run, now = a_run(), timezone.now()
    expose(run, "old", at=now - timedelta(days=settings.RETENTION_DAYS + 1))
    expose(run, "new", at=now)
    give("old", 1.0, sender="key app")
    give("new", 1.0, sender="key app")
    Feedback.objects.filter(session_id="old").update(at=now - timedelta(days=settings.PAYLOAD_RETENTION_DAYS + 1))
    assert forget_old_sessions() == 2
    assert [row.session_id for row in ExposedSession.objects.all()] == ["new"]
    assert Feedback.objects.get().session_id == "new" and Exposure.objects.count() == 2


def test_what_traffic_can_find_is_said_before_the_start_and_kept():
    run = a_run(starts=False)
    assert "No conversation came to this" in in_words(forecast(run, timezone.now()))
    at = timezone.now() - timedelta(hours=2)
    rows = [
        model_call(session_id=f"s{n}", start_time=at, prompt_version="greeting@1", origin="own", span_id=n + 2)
        for n in range(40)
    ]
    rows += [a_call(f"s{n}", at=at, prompt_version="greeting@1", span_id=100 + n) for n in range(40)]
    write_spans(rows)
    found = forecast(run, timezone.now())
    assert found["units_a_day"] == 40 and found["base"] == 1.0 and found["calls"] == 40
    entry = running.start(run, by="ann", reason="to know")
    assert entry.evidence["units_a_day"] == 40 and base_of(run) == 0.99


def test_a_short_test_of_a_small_change_is_said_to_find_nothing():
    plan = Plan(arms=PLAIN, minimum_days=2, margin=0.01)
    little, much = of_plan(plan, 100, 0.9), of_plan(plan, 100_000, 0.9)
    assert little["smallest_effect"] is None or little["smallest_effect"] > 0.05
    assert little["days_for_margin"] is None and much["smallest_effect"] < 0.02
    assert "more than a year" in in_words(little) and "points" in in_words(much)
    assert "smallest_effect" not in of_plan(Plan(arms=PLAIN, metric="latency"), 100, 0.9)


def test_one_day_is_one():
    assert "1 day finds a gain of" in in_words(of_plan(Plan(arms=PLAIN, minimum_days=1), 1_000, 0.9))
    assert "7 days find a gain of" in in_words(of_plan(Plan(arms=PLAIN), 1_000, 0.9))


def test_arms_that_share_what_may_be_wrong_find_less_with_as_many_units_each():
    two = of_plan(Plan(arms=PLAIN), 1_000, 0.9)
    three = of_plan(Plan(arms=[*PLAIN, ArmPlan("third", 3)]), 1_500, 0.9)
    assert three["units_a_day_in_two_arms"] == two["units_a_day_in_two_arms"]
    assert three["smallest_effect"] > two["smallest_effect"]
