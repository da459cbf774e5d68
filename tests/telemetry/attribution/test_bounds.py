"""However long, wide or deep a trace is: so much of it is looked at, in so many steps and queries, and no more."""

import json
import sys
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.attribution import propagation
from telemetry.attribution import queries as reading
from telemetry.attribution.deciding import MOST_ABOVE, MOST_READ, inherited
from telemetry.attribution.inheritance import Words
from telemetry.dictionaries import lookup
from telemetry.models import Span
from telemetry.spans.rows import SeriesKey
from telemetry.store.batches import write_spans
from tests.telemetry.attribution.test_inheriting import NONE, TRACE, agent, call, chat, said_of, span
from tests.telemetry.builders import NOON
from tests.telemetry.witnesses.builders import copy_of

FEW, MANY = 1_000, 4_000


def steps(work):
    """How many functions are called by *work*, of Python's and of C's."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def chain(count):
    """One below the other: an agent, and in turns a chat, a call, a step, another agent."""
    kinds = (chat, call, span, agent)
    deeper = [kinds[number % 4](number, number - 1, at=number) for number in range(2, count + 1)]
    return [agent(1), *deeper]


def beside(count):
    """Below one agent chats and calls in turns; each chat names the call after it."""
    found = [agent(1)]
    for number in range(2, count + 1, 2):
        found += [chat(number, asked=f"call_{number}", at=number)]
        found += [call(number + 1, tool_call_id=f"call_{number}", at=number + 1)]
    return found


def unnamed(count):
    """As ``beside``, but what the chats were given has all ids, and what they said has none."""
    found = beside(count)
    given = json.dumps({"input": [{"id": f"call_{number}"} for number in range(2, 40)], "output": []})
    for row in found:
        if row.messages:
            row.messages = given
    return found


def chats_in_chats(count):
    """Chats within chats, and a call in the last of them."""
    chats = [chat(number, number - 1 or None, at=number) for number in range(1, count)]
    return [*chats, call(count, count - 1, at=count)]


SHAPES = pytest.mark.parametrize("shape", [chain, beside, unnamed, chats_in_chats])


@SHAPES
def test_steps_are_in_proportion_to_the_spans(shape):
    few, many = shape(FEW), shape(MANY)
    assert steps(lambda: list(inherited(many))) <= 1.3 * MANY / FEW * steps(lambda: list(inherited(few)))


@SHAPES
def test_so_are_those_for_what_is_stored_and_is_decided_anew(shape):
    def anew(count):
        old, new = shape(count), [agent(count + 5, at=0), chat(count + 6, at=0)]
        return steps(lambda: list(inherited(new, old)))

    assert anew(MANY) <= 1.3 * MANY / FEW * anew(FEW)


@pytest.mark.django_db
@pytest.mark.parametrize(("between", "words"), [(MOST_ABOVE - 1, "coach"), (MOST_ABOVE, ""), (3_000, "")])
def test_an_agent_that_stands_farther_above_than_is_looked_gives_nothing(between, words):
    """The example is a trace of three thousand steps below each other."""
    steps_between = [span(10 + number, 9 + number if number else 1) for number in range(between)]
    write_spans([agent(), *steps_between, call(3, 9 + between)])
    assert said_of()[0]["agent"] == words
    assert Span.objects.filter(trace_id=TRACE).count() == between + 2


@pytest.mark.django_db
@pytest.mark.parametrize(("later", "model"), [(MOST_READ - 1, "o3"), (MOST_READ, "near"), (2_000, "near")])
def test_of_the_chats_before_a_call_the_last_few_are_searched_for_its_id(later, model):
    asked = chat(2, at=0, asked="call_7", model="o3")
    others = [chat(10 + number, at=1 + number / 1_000, model="near") for number in range(later)]
    write_spans([agent(), asked, *others, call(tool_call_id="call_7", at=60)])
    assert said_of()[0]["model"] == model


def queries(*batches):
    """The statements that the last of *batches* takes."""
    lookup.forget()
    for batch in batches[:-1]:
        write_spans(batch)
    with CaptureQueriesContext(connection) as captured:
        write_spans(batches[-1])
    ours = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in ours if "cost_" not in sql and not sql.startswith(("SAVEPOINT", "RELEASE", "TRUNCATE"))]


@pytest.mark.django_db
@pytest.mark.parametrize("shape", [chain, beside])
def test_a_trace_of_thousands_takes_as_many_queries_as_one_of_hundreds(shape):
    late = [agent(9_000_001, at=0), chat(9_000_002, at=0), call(9_000_003, at=9)]
    counts = []
    for count in (600, 3_000):
        of_trace = [*map(copy_of, [*shape(count), *late])]
        for row in of_trace:
            row.trace_id = uuid.UUID(int=count)
        counts.append(len(queries(of_trace[:-3], of_trace[-3:])))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_of_a_trace_of_thousands_so_many_spans_are_read():
    write_spans(beside(3_000))
    read = reading.stored([call(9_000, at=3_001)])
    assert len(read) == reading.MOST_SPANS
    assert min(row.start_time for row in read) >= NOON + timedelta(seconds=3_001 - reading.MOST_SPANS)
    assert not any(row.messages for row in read), "no chat can name a call without an id"


@pytest.mark.django_db
@pytest.mark.parametrize(("traces", "looked_up"), [(2, 2), (3, 3), (40, 3)])
def test_so_many_traces_of_a_batch_are_looked_up(monkeypatch, traces, looked_up):
    monkeypatch.setattr(reading, "MOST_TRACES", 3)
    ids = [uuid.UUID(int=number) for number in range(1, traces + 1)]
    write_spans([agent(trace_id=trace_id) for trace_id in ids])
    assert len(reading.stored([call(trace_id=trace_id) for trace_id in ids])) == looked_up
    write_spans([call(trace_id=trace_id) for trace_id in ids])
    # The others are stored as they are, and lose nothing else by it.
    assert Span.objects.exclude(outcome="").count() == traces
    assert Span.objects.exclude(outcome="").filter(series__agent="coach").count() == looked_up


@pytest.mark.django_db
def test_so_many_ids_are_looked_for_in_what_chats_said(monkeypatch):
    monkeypatch.setattr(reading, "MOST_IDS", 1)
    write_spans([agent(), chat(2, at=0, asked="call_a", model="a"), chat(4, at=1, asked="call_b", model="b")])
    found = reading.stored([call(3, tool_call_id="call_a"), call(5, tool_call_id="call_b")])
    assert [row.span_id for row in found if row.messages] == [2]


@pytest.mark.django_db
def test_what_lies_an_hour_away_is_not_looked_at():
    far, near = reading.REACH + timedelta(seconds=1), reading.REACH - timedelta(seconds=1)
    for after, words in ((far, ""), (near, "coach")):
        trace_id = uuid.uuid4()
        write_spans([agent(trace_id=trace_id)])
        write_spans([call(trace_id=trace_id, at=after.total_seconds())])
        assert Span.objects.get(trace_id=trace_id, span_id=3).agent == words


def test_what_is_remembered_of_words_is_bounded():
    series = SeriesKey(operation="execute_tool", tool="crm", origin="reported")
    for number in range(propagation.REMEMBERED + 500):
        propagation.with_words(series, Words(agent=f"agent {number}"))
    assert propagation.with_words.cache_info().currsize == propagation.REMEMBERED
    propagation.with_words.cache_clear()


@pytest.mark.django_db
def test_a_short_trace_beside_a_long_one_gets_all_its_words():
    """The innocent: that a trace of thousands is cut short takes nothing from its neighbours."""
    write_spans([of_other(row) for row in beside(3_000)])
    write_spans([agent(), chat(2, at=1)])
    write_spans([call()])
    assert said_of()[0] == {"agent": "coach", "session_id": "s1", "provider": "openai", "model": "gpt-4o"}
    assert said_of()[0] != NONE


def of_other(row):
    row.trace_id = uuid.UUID(int=77)
    return row
