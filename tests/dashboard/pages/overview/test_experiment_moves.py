"""What was decided of experiments stands in the lanes under the chart of success."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.pages.overview import recovery
from dashboard.queries import experiment_moves
from tests.tools.llm.experiments.rows import a_run
from tools.llm.experiments import running
from tools.llm.experiments.plan import Step

pytestmark = pytest.mark.django_db
BY = {"by": "ann", "reason": "nobody else's business"}


@pytest.fixture
def window():
    return lambda: periods.find("90m").window(timezone.now() + timedelta(minutes=2))


def test_each_decision_is_a_move_without_who_and_why(window, django_assert_num_queries):
    run = a_run(ramp=(Step(0.1), Step(0.5)))
    running.widen(run, **BY)
    entry = running.stop(run, **BY)
    running.undo(entry, **BY)
    running.promote(run, run.arms.get(label="shorter"), **BY)
    with django_assert_num_queries(1):
        moves = experiment_moves.moves_in(window())
    told = [move.did.replace("\u202f", " ") for move in moves]
    assert told == [
        "experiment ended: shorter is live",
        "experiment: the last decision taken back",
        "experiment stopped",
        "experiment on to the next step of its ramp",
        "experiment started with 10 % of all units",
    ]
    assert {move.what for move in moves} == {"shorter-greeting@1 of greeting"}
    assert not any("business" in move.why for move in moves)


def test_they_are_drawn_in_the_lane_of_prompts_and_told_in_the_table(window):
    a_run()
    shown = recovery.shown(window(), recovery.deeds(window(), {}, experiment_moves.moves_in(window())), None)
    assert [deed.lane for deed in shown["recovery"]] == ["prompt"]
    assert shown["recovery_figure"]["data"][0]["marker"]["symbol"] == ["diamond"]


def test_the_overview_tells_it(client, person):
    a_run()
    client.force_login(person("vera", "operator"))
    told = client.get("/").content.decode()
    assert "shorter-greeting@1 of greeting" in told and "experiment started with" in told


def test_the_page_of_a_prompt_links_to_the_experiment_it_is_in(client, person):
    run = a_run(ramp=(Step(0.5),))
    client.force_login(person("vera", "operator"))
    told = client.get("/prompts/greeting/").content.decode()
    assert 'href="/experiments/shorter-greeting/"' in told and "of all conversations are told" in told
    running.stop(run, **BY)
    assert "In an experiment" not in client.get("/prompts/greeting/").content.decode()
