"""What was done about failures: in which stretches, and why, as far as the calls tell."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.pages.overview import recovery
from dashboard.queries import prompt_moves
from dashboard.queries.edits import Edit
from dashboard.queries.prompt_moves import PromptMove
from telemetry.counts.outcome_counts import Tally
from telemetry.health.model_moves import Move, Moves
from telemetry.models import Span
from telemetry.semconv import DEPLOYMENT, ROUTE, ROUTE_REASON, Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.builders import store_calls
from tests.telemetry.cost.builders import model_call
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.adjusting.models import RungMove

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
WINDOW = periods.find("90m").window(NOW)
BINS = list(WINDOW.bins())


def tally(**counts):
    return Tally({Outcome(name): count for name, count in counts.items()})


def did(grid, moves=()):
    return recovery.deeds(WINDOW, grid, moves)


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([], []),
        ([0, 0], []),
        ([1], [(0, 0)]),
        ([1, 0, 1], [(0, 2)]),
        ([1, 0, 0, 1], [(0, 0), (3, 3)]),
        ([0, 2, 3, 0, 0, 0, 9], [(1, 2), (6, 6)]),
    ],
)
def test_a_stretch_ends_where_nothing_was_done_for_two_points(counts, found):
    assert recovery.stretches(counts) == found


def test_a_breaker_opened_for_what_failed_before_it():
    grid = {
        BINS[10]: {"crm": tally(provider=12, first_try=3)},
        BINS[11]: {"crm": tally(breaker=20)},
        BINS[12]: {"crm": tally(breaker=4, timeout=1)},
    }
    [deed] = did(grid)
    assert (deed.begin, deed.end) == (BINS[11], BINS[12] + timedelta(seconds=WINDOW.period.bin_s))
    assert (deed.lane, deed.what, deed.did) == ("breaker", "crm", "refused 24 calls")
    assert deed.why == "provider: 12 of 16 calls that ran"


def test_what_opens_no_breaker_is_not_said_to_have_opened_it():
    grid = {BINS[10]: {"crm": tally(arguments=12, first_try=3)}, BINS[11]: {"crm": tally(breaker=20)}}
    [deed] = did(grid)
    assert deed.why == "what it opened for lies outside of this period"


def test_a_breaker_in_somebodys_hand_opened_for_nothing_else():
    grid = {BINS[10]: {"crm": tally(provider=12)}, BINS[11]: {"crm": tally(breaker=20)}}
    held = Edit(BINS[10], "crm", "Breaker default → held open", "ana")
    [deed] = recovery.deeds(WINDOW, grid, [], [held])
    assert deed.why == "crm: Breaker default → held open, by ana"
    let_go = Edit(BINS[10], "crm", "Breaker held open → default", "ana")
    [deed] = recovery.deeds(WINDOW, grid, [], [held, let_go])
    assert deed.why == "provider: 12 of 12 calls that ran"


def test_where_the_cause_lies_before_the_period_nobody_guesses():
    [deed] = did({BINS[0]: {"crm": tally(breaker=1)}})
    assert (deed.did, deed.why) == ("refused 1 call", "what it opened for lies outside of this period")


def test_limits_and_fallbacks_say_what_they_did():
    grid = {BINS[3]: {"sms": tally(rate_limit=7, first_try=3)}, BINS[5]: {"price": tally(after_fallback=2)}}
    fallback, limit = did(grid)
    assert (fallback.lane, fallback.did) == ("fallback", "saved 2 calls")
    assert (limit.lane, limit.did) == ("limit", "refused 7 calls")
    assert limit.why == "more calls than its limits let pass, of 10 calls then"


def test_moves_stand_among_them_the_newest_first():
    move = PromptMove(BINS[4], "support@3 at groq", "rung detailed → simple", "3 of 5 …", simpler=True)
    assert [deed.lane for deed in did({BINS[3]: {"sms": tally(rate_limit=1)}}, [move])] == ["prompt", "limit"]


def test_the_figure_has_a_lane_for_each_that_did_something():
    move = PromptMove(BINS[4], "support@3 at groq", "rung detailed → simple", "why", simpler=True)
    figure = recovery.figure(WINDOW, did({BINS[3]: {"sms": tally(rate_limit=1)}}, [move]))
    assert [trace["name"] for trace in figure["data"]] == ["prompt", "limit"]
    assert figure["data"][0]["marker"]["symbol"] == ["triangle-down"]
    assert figure["data"][1]["x"] == [WINDOW.period.bin_s * 1_000]
    assert recovery.figure(WINDOW, [])["data"] == []


@pytest.fixture
def moved(db):
    at = timezone.now() - timedelta(minutes=5)
    RungMove.objects.create(
        prompt="support@3", deployment="groq", from_rung="detailed", to_rung="simple", at=at, reason="3 of 5"
    )
    return at


def test_moves_of_rungs_and_labels_are_read_in_two_queries(moved, django_assert_num_queries):
    a_prompt("support", 1, production=1)
    with django_assert_num_queries(2):
        label, rung = prompt_moves.moves_in(periods.find("90m").window(timezone.now()))
    assert (rung.what, rung.did, rung.why, rung.simpler) == (
        "support@3 at groq",
        "rung detailed → simple",
        "3 of 5",
        True,
    )
    assert (label.what, label.did, label.why) == ("support", "production: version 1", prompt_moves.ON_ITS_PAGE)


def test_the_page_tells_it(signed_in, moved):
    store_calls(good=20, bad=0, tool="crm_integration")
    page = " ".join(signed_in.get("/").content.decode().split())
    assert "rung detailed → simple" in page
    assert "What was done, when and why" in page


def test_where_nothing_was_done_the_page_says_so(signed_in, db):
    store_calls(good=20, bad=0, tool="crm_integration")
    page = " ".join(signed_in.get("/").content.decode().split())
    assert "No breaker, limit, fallback or prompt had to do anything in this time." in page


def moved_on(place, why="overloaded", *, before="groq", after="xai", weight=1):
    return Move(BINS[place] + timedelta(seconds=3), weight, UUID(int=place), before, after, "chat", why)


def test_models_that_others_were_asked_instead_of_stand_in_the_lane_of_fallbacks():
    moves = [
        moved_on(30, "timeout", after="gemini"),
        moved_on(11, "it rests"),
        moved_on(10, weight=4),
        moved_on(4),
    ]
    found = recovery.deeds(WINDOW, {}, [], models=moves)
    length = timedelta(seconds=WINDOW.period.bin_s)
    told = [(deed.begin, deed.end, deed.lane, deed.what, deed.did, deed.why, deed.trace) for deed in found]
    lane = ("fallback", "groq on chat")
    assert told == [
        (BINS[30], BINS[30] + length, *lane, "gemini asked instead, 1 time", "timeout", UUID(int=30)),
        (BINS[10], BINS[11] + length, *lane, "xai asked instead, 5 times", "overloaded (4), it rests (1)",
         UUID(int=11)),
        (BINS[4], BINS[4] + length, *lane, "xai asked instead, 1 time", "overloaded", UUID(int=4)),
    ]  # fmt: skip
    assert [trace["name"] for trace in recovery.figure(WINDOW, found)["data"]] == ["fallback"]


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (None, "could not be read in time"),
        (Moves((), BINS[20]), f"shown since 21 Nov {BINS[20]:%H:%M:%S} UTC"),
        (Moves((), WINDOW.start), ""),
    ],
)
def test_what_is_not_shown_of_models_is_said(models, words):
    said = recovery.shown(WINDOW, [], models)["recovery_lacks"]
    assert words in said and bool(words) == bool(said)


def test_the_page_tells_of_models_with_a_way_to_the_trace(signed_in, db):
    store_calls(good=20, bad=0, tool="crm_integration")
    said = {DEPLOYMENT: "flash", ROUTE: "chat", ROUTE_REASON: "sol: overloaded"}
    write_spans([model_call(start_time=timezone.now() - timedelta(minutes=3), attributes=said)])
    trace = Span.objects.get(series__operation="chat").trace_id
    page = " ".join(signed_in.get("/").content.decode().split())
    assert "sol on chat" in page and "flash asked instead, 1 time" in page
    assert f'href="/traces/{trace.hex}/" title="The newest trace of it">flash' in page
    assert 'href="/providers/" title="How each deployment stands">sol on chat' in page
