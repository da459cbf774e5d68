"""The pages of experiments, from stored runs, exposures and looks."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.live.pages import Watch, render
from tests.tools.llm.experiments.rows import a_run, expose
from tests.tools.llm.experiments.subject_rows import a_deployment, a_route, a_subject_run
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.experiments import listing, running
from tools.llm.experiments.models import Look

pytestmark = pytest.mark.django_db(transaction=True)


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", plain)


def said(effect, low, high, verdict="go on", **changes):
    """What a look found of the arm ``shorter``."""
    arm = {"arm": "shorter", "verdict": verdict, "effect": effect, "low": low, "high": high, "may_win": False}
    arm |= {"metric": "success", "kind": "share", "control_units": 400, "arm_units": 380, "note": ""}
    arm |= {"control_value": 0.9, "arm_value": 0.9 + effect, "guardrails": []}
    return {"arms": [arm | changes], "split": {"is_mismatch": False}, "reasons": ["All is as planned."]}


def look(run, said, hours_ago=0):
    at = timezone.now() - timedelta(hours=hours_ago)
    Look.objects.create(run=run, slot=at, at=at, said=said)


def test_the_list_has_those_that_go_on_first(signed_in):
    a_run("first", starts=False)
    told = shown(signed_in, "/experiments/")
    assert "first draft prompt greeting production conversation 1 – as-is: version 1, shorter: version 2" in told
    assert "nobody has planned" not in told.lower()


def test_before_the_first_it_says_what_experiments_are(signed_in):
    assert "Nobody has planned an experiment yet" in shown(signed_in, "/experiments/")


def test_arms_stand_side_by_side_with_what_was_sent_and_who_decided(signed_in):
    run = a_run()
    expose(run, "one", sha256="a" * 64, failed_over=True)
    expose(run, "two", "as-is", sha256="b" * 64)
    look(run, said(0.03, -0.01, 0.08), hours_ago=2)
    look(run, said(0.05, 0.02, 0.09, "better"))
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "as-is version 1 50 % 1 90.0 % what others are compared with – – –" in told
    better = "shorter version 2 50 % 1 95.0 % better +5.0 points +2.0 points to +9.0 points"
    assert f"{better} 1 was answered by another, or could" in told
    assert "greeting@2 aaaaaaaaaaaa 1" in told
    assert "started ann to know" in told and "All is as planned." in told
    figures = signed_in.get("/experiments/shorter-greeting/").context["figures"]
    assert [len(figure["figure"]["data"][2]["y"]) for figure in figures] == [2]


def test_other_kinds_are_listed_and_say_what_was_sent(signed_in, provider_lab):
    a_deployment(provider_lab, "oss", "groq")
    a_route("default", a_deployment(provider_lab, "sol"))
    a_route("cheap", a_deployment(provider_lab, "mini"))
    expose(a_subject_run("model", "oss", "oss", "sol"), "one", "sol", failed_over=True)
    a_subject_run("route", "default", "default", "cheap", name="routes")
    told = shown(signed_in, "/experiments/")
    assert "tried running model oss conversation 1 100 % oss, sol" in told
    assert "routes running route default conversation 1 100 % default, cheap" in told
    told = shown(signed_in, "/experiments/tried/")
    assert "Run 1 of the deployment oss , by conversation" in told
    assert "sol sol 000000000000 1" in told and "sol at the start" in told
    assert "&quot;deployment&quot;: &quot;sol&quot;" in told
    assert "1 was answered by another, or could not be given its arm" in told
    assert "&quot;rank&quot;: 0" in shown(signed_in, "/experiments/routes/")


def test_of_many_texts_the_most_frequent_are_shown_of_every_arm_and_how_many_there_are(signed_in):
    run = a_run()
    for number in range(60):
        expose(run, f"a-{number}", "as-is", sha256=f"{number % 58:064x}")
    for number in range(7):
        expose(run, f"b-{number}", sha256=f"{number:x}" * 64, failed_over=number < 2)
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "what variables stand for makes texts differ" in told
    assert "as-is 53 more texts 53" in told and "shorter 2 more texts 2" in told
    assert "2 were answered by another, or could not be given their arm" in told
    (told,) = listing.whole_experiment("shorter-greeting")["runs"]
    assert [(arm["texts_in_all"], len(arm["texts"]), arm["texts"][0]["units"]) for arm in told["arms"]] == [
        (58, 5, 2),
        (7, 5, 1),
    ]


def test_margins_have_their_units(signed_in):
    a_run(minimum_days=1, minimum_units=1)
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "a difference of 2.0 points or less is none. Decided after 1 unit an arm and 1 day at" in told
    a_run("other", a_prompt("waving", production=1), metric="latency", margin=0.1)
    assert "a difference of 10.0 % or less is none" in shown(signed_in, "/experiments/other/")


def test_before_the_first_look_there_is_a_reason_in_place_of_a_chart(signed_in):
    a_run()
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "Nothing to draw yet" in told and "nobody was given it yet" in told


def test_a_broken_guardrail_comes_first_with_its_margin(signed_in):
    guard = {"metric": "latency", "kind": "time", "effect": 0.1, "low": 0.0, "high": 0.3, "margin": 0.25}
    broken = {**guard, "metric": "cost_per_success", "kind": "ratio", "word": "broken", "effect": 0.5}
    look(a_run(), said(0.0, -0.1, 0.1, guardrails=[{**guard, "word": "holds"}, broken]))
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "shorter cost_per_success broken +50.0 % +0.0 % to +30.0 % 25.0 % shorter latency holds" in told


def test_by_units_that_came_otherwise_than_planned_nothing_is_judged(signed_in):
    guard = {"metric": "latency", "kind": "time", "effect": 0.1, "low": 0.0, "high": 0.3, "margin": 0.25}
    guards = {"guardrails": [{**guard, "word": "holds"}, {**guard, "metric": "success", "word": "broken"}]}
    found = said(-0.2, -0.3, -0.1, "worse", **guards)
    look(a_run(), {**found, "is_readable": False, "split": {"is_mismatch": True}})
    told = shown(signed_in, "/experiments/shorter-greeting/")
    assert "70.0 % cannot be read – –" in told and "worse" not in told.partition("Arms, side by side")[2]
    assert "shorter success broken" in told and "shorter latency cannot be read – – 25.0 %" in told


def test_an_earlier_run_is_looked_at_by_its_number(signed_in):
    run = a_run()
    running.stop(run, by="bob", reason="a holiday")
    from tools.llm.experiments import planning

    planning.again(run.experiment, by="bob")
    assert "Run 2 of the prompt" in shown(signed_in, "/experiments/shorter-greeting/")
    assert "Run 1 of the prompt" in shown(signed_in, "/experiments/shorter-greeting/?run=1")
    assert "Run 2 of the prompt" in shown(signed_in, "/experiments/shorter-greeting/?run=9")


def test_one_that_there_is_not_is_404(signed_in):
    assert signed_in.get("/experiments/none/").status_code == 404


def test_who_may_not_see_experiments_is_told_what_it_takes(client, person):
    client.force_login(person("vera", "viewer"))
    answer = client.get("/experiments/")
    assert answer.status_code == 403 and "experiments.view_experiment" in answer.content.decode()


def test_the_list_is_pushed_in_three_queries(django_assert_num_queries):
    a_run()
    watch = Watch.from_query({"page": "experiments"})
    with django_assert_num_queries(3):
        fragments = render(watch)
    assert "shorter-greeting" in fragments["experiments"]
