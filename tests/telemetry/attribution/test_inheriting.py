"""A tool call whose span does not say who asked gets it from the spans around it: of its trace and key alone."""

import json
import uuid
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import semconv as sc
from telemetry.attribution import deciding, queries
from telemetry.dictionaries.name_cardinality import Names
from telemetry.models import EndedCalls, Rollup, Span
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from telemetry.store import batches
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.witnesses.builders import FAILED, client, copy_of, nothing_differs, server

pytestmark = pytest.mark.django_db
TRACE = uuid.UUID(int=0xBEEF)
WORDS = ("agent", "session_id", "provider", "model")


def span(span_id, parent=None, *, at=0, **changes):
    values = {
        **{"trace_id": TRACE, "span_id": span_id, "parent_span_id": parent, "origin": "reported", "tool": ""},
        **{"start_time": NOON + timedelta(seconds=at), "api_key": "shop", "outcome": "", "operation": ""},
    }
    return make_row(**values | changes)


def agent(span_id=1, parent=None, **changes):
    said = {"operation": "invoke_agent", "agent": "coach", "session_id": "s1"}
    return span(span_id, parent, **said | changes)


def chat(span_id=2, parent=1, asked="", **changes):
    output = [{"role": "assistant", "parts": [{"type": "tool_call", "id": asked}]}] if asked else []
    said = {
        "operation": "chat",
        "provider": "openai",
        "model": "gpt-4o",
        "messages": json.dumps({"output": output}),
    }
    return span(span_id, parent, **said | changes)


def call(span_id=3, parent=1, *, at=5, **changes):
    return span(
        span_id, parent, at=at, **{"operation": "execute_tool", "tool": "crm", "outcome": "first_try"} | changes
    )


def said_of(span_id=3):
    """The words of the stored call, and which of them it inherited."""
    found = Span.objects.whole().get(span_id=span_id, trace_id=TRACE)
    return {name: getattr(found, name) for name in WORDS}, found.attributes.get(sc.INHERITED, [])


ALL = {"agent": "coach", "session_id": "s1", "provider": "openai", "model": "gpt-4o"}
NONE = dict.fromkeys(WORDS, "")


@pytest.mark.parametrize(
    "requests",
    [[(0, 1, 2)], [(2, 1, 0)], [(1, 2), (0,)], [(0,), (1,), (2,)], [(1,), (2,), (0,)], [(2,), (1,), (0,)]],
    ids=["together", "together backwards", "the agent last", "one by one", "as they end", "backwards"],
)
def test_a_call_gets_agent_and_session_from_above_and_the_model_from_the_chat_before_it(requests):
    rows = [agent(), chat(), call()]
    for number, request in enumerate(requests):
        for _ in range(2):
            write_spans([copy_of(rows[at]) for at in request], now=NOON + timedelta(seconds=9, minutes=number))
    words, inherited = said_of()
    assert words == ALL
    assert sorted(inherited) == ["agent", "model", "provider", "session"]
    assert nothing_differs()
    [rollup] = Rollup.objects.filter(resolution_s=3600, series__operation="execute_tool").select_related("series")
    assert (rollup.first_try, rollup.series.agent, rollup.series.model) == (1, "coach", "gpt-4o")


def test_a_call_that_inherits_later_stays_in_the_time_in_which_it_was_stored():
    write_spans([call()], now=NOON + timedelta(seconds=9))
    write_spans([agent()], now=NOON + timedelta(minutes=30))
    [row] = EndedCalls.objects.filter(resolution_s=5)
    assert (row.stored_at, row.series.agent, row.first_try) == (NOON + timedelta(seconds=5), "coach", 1)


def test_what_a_span_says_itself_stays():
    own = {"agent": "mine", "session_id": "s9", "provider": "anthropic", "model": "claude"}
    write_spans([agent(), chat(), call(**own)])
    assert said_of() == (own, [])


def test_no_model_of_another_provider():
    write_spans([agent(), chat(), call(provider="anthropic")])
    words, inherited = said_of()
    assert (words["provider"], words["model"], inherited) == ("anthropic", "", ["agent", "session"])


@pytest.mark.parametrize("other", [{"api_key": "somebody"}, {"trace_id": uuid.UUID(int=4)}, {"origin": "own"}])
@pytest.mark.parametrize("together", [True, False])
def test_nothing_comes_from_another_key_trace_or_door(other, together):
    rows = [agent(**other), chat(**other), call()]
    for batch in [rows] if together else [[row] for row in rows]:
        write_spans(batch)
    assert said_of() == (NONE, [])


def test_our_own_calls_are_as_their_callers_say():
    ours = {"origin": "own", "api_key": ""}
    write_spans([agent(**ours), chat(**ours), call(**ours)])
    assert said_of() == (NONE, [])


def test_of_two_chats_the_one_whose_output_has_the_calls_id_asked():
    first = chat(2, asked="call_7", model="gpt-4o")
    # The next one is given the call again, with its result.
    history = {"input": [{"tool_call_id": "call_7"}], "output": []}
    write_spans(
        [agent(), first, chat(4, at=4, model="o3", messages=json.dumps(history)), call(tool_call_id="call_7")]
    )
    assert said_of()[0]["model"] == "gpt-4o"


def gave(**changes):
    """A chat that said and was given *changes*, and one nearer to the call that said nothing."""
    earlier = {"model": "gpt-4o", "messages": json.dumps(changes)}
    return [agent(), chat(4, at=1, **earlier), chat(2, at=3, model="between")]


O3 = {"span_id": 5, "at": 2, "model": "o3"}
ONE_CALL = [{"parts": [{"type": "tool_call", "id": "call_12"}]}]


@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize(
    ("call_id", "earlier"),
    [
        ("7", {"input": "I have 7 apples", "output": "so 7"}),
        ("7", {"input": [], "output": [{"role": "assistant", "content": "7", "valid": "7", "order_id": "7"}]}),
        ("call_0", {"input": [{"tool_calls": [{"id": "call_0"}]}], "output": [{"content": "the coach"}]}),
        ("call_0", {"input": json.dumps([{"id": "call_0"}])}),
        ("call_1", {"output": ONE_CALL}),
        ("12", {"output": ONE_CALL}),
        ("call_1%", {"output": ONE_CALL}),
        ("call.12", {"output": ONE_CALL}),
        ("call_0", {"output": [{"tool_calls": [{"id": "call_0"}]}]}),  # who counts anew in each answer
    ],
)
def test_only_a_calls_whole_id_in_what_a_chat_said_tells_that_it_asked(call_id, earlier, apart):
    rows = [*gave(**earlier), chat(**O3, asked=call_id), call(tool_call_id=call_id)]
    for batch in [[row] for row in rows] if apart else [rows]:
        write_spans(batch)
    assert said_of()[0]["model"] == "o3"


@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize(
    "output",
    [
        [{"type": "tool-call", "toolCallId": "call_1"}],
        [{"content": [{"toolUse": {"toolUseId": "call_1"}}]}],
        [{"tool_calls": [{"index": 0, "id": "call_1", "function": {"arguments": "{}"}}]}],
        {"message.tool_calls.0.tool_call.id": "call_1"},
        json.dumps(json.dumps([{"id": "call_1"}])),
        "Calling tools:\n[{'id': 'call_1', 'type': 'function'}]",
        "ChatCompletionMessageFunctionToolCall(id='call_1', function=…)",
    ],
)
def test_however_a_framework_writes_it_down(output, apart):
    said = {"input": "call_1, call_12", "output": output}
    rows = [agent(), chat(messages=json.dumps(said)), chat(4, at=1, model="o3"), call(tool_call_id="call_1")]
    for batch in [[row] for row in rows] if apart else [rows]:
        write_spans(batch)
    assert said_of()[0]["model"] == "gpt-4o"


@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize(
    ("attributes", "model"),
    [
        ({"ai.response.toolCalls": '[{"toolCallId": "call_1", "toolName": "crm"}]'}, "gpt-4o"),
        ({"llm.output_messages.0.message.tool_calls.0.tool_call.id": "call_1"}, "gpt-4o"),
        ({"gen_ai.completion.0.tool_calls.0.id": "call_1"}, "gpt-4o"),
        ({"gen_ai.prompt.0.tool_calls.0.id": "call_1"}, "o3"),  # what it was given
    ],
)
def test_in_whichever_attribute_a_chat_names_the_call(attributes, model, apart):
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"} | attributes
    at = int(NOON.timestamp() * 10**9)
    facts = SpanFacts(
        trace_id=TRACE.int, span_id=2, name="chat", start_ns=at, end_ns=at, parent_span_id=1, attributes=said
    )
    asked = row_from_facts(facts, 10_000, api_key="shop")
    rows = [agent(), asked, chat(4, at=1, model="o3"), call(tool_call_id="call_1")]
    for batch in [[row] for row in rows] if apart else [rows]:
        write_spans(batch)
    assert said_of()[0]["model"] == model


def test_without_an_id_the_nearest_chat_before_the_call_asked():
    write_spans([agent(), chat(2, at=1), chat(4, at=4, model="o3"), chat(5, at=6, model="later"), call()])
    assert said_of()[0]["model"] == "o3"


def test_a_chat_of_another_agent_below_did_not_ask():
    inner = [agent(6, 1, agent="helper", at=1), chat(7, 6, at=2, model="small")]
    write_spans([agent(), chat(2, at=0), *inner, call()])
    words, _ = said_of()
    assert (words["agent"], words["model"]) == ("coach", "gpt-4o")


def test_a_call_of_an_agent_below_is_that_agents():
    write_spans(
        [agent(), chat(2), agent(6, 1, agent="helper", session_id=""), chat(7, 6, at=2, model="small"), call(3, 6)]
    )
    words, _ = said_of()
    assert (words["agent"], words["session_id"], words["model"]) == ("helper", "s1", "small")


def test_steps_between_are_looked_through():
    steps = [span(8, 1), span(9, 1)]
    write_spans([agent(), *steps, chat(2, 8, at=1), call(3, 9)])
    assert said_of()[0] == ALL


def test_spans_that_are_each_others_parents_end_the_search():
    write_spans([span(1, 2), span(2, 1), call()])
    assert said_of() == (NONE, [])


def test_a_call_of_which_two_spans_tell_inherits_too():
    write_spans([client(2, 1), server(3, 2, **FAILED), agent(trace_id=client().trace_id, api_key="agents")])
    assert (Span.objects.get(span_id=3).agent, Span.objects.get(span_id=3).outcome) == (
        "coach",
        "returned_failure",
    )
    assert nothing_differs()


def test_a_witness_that_counts_inherits_from_what_comes_later():
    trace_id = client().trace_id
    for row in (client(2, 1), agent(trace_id=trace_id, api_key="agents"), server(3, 2, **FAILED)):
        write_spans([row])
        assert nothing_differs()
    assert Span.objects.get(span_id=3).agent == "coach"


def test_a_group_of_errors_stays_as_it_is():
    write_spans([call(outcome="timeout", status=2, error_type="TimeoutError")])
    write_spans([agent()])
    assert said_of()[0]["agent"] == "coach"
    assert nothing_differs()


def test_words_beyond_an_allowance_are_not_inherited_by_their_name(monkeypatch):
    monkeypatch.setattr(batches, "_names", Names(most=1))
    write_spans([agent(agent="first", trace_id=uuid.UUID(int=1))])
    write_spans([call()])
    write_spans([agent(agent="second")])
    assert said_of()[0]["agent"] == "_other"
    assert nothing_differs()


def test_what_a_trace_inherits_from_is_bounded(monkeypatch):
    monkeypatch.setattr(deciding, "MOST_ABOVE", 3)
    write_spans(
        [agent(), *(span(number, number - 1 if number > 10 else 1) for number in range(10, 14)), call(3, 13)]
    )
    assert said_of() == (NONE, [])


LATE = {
    "A": lambda: chat(2, at=1, asked="call_A1", model="o3"),
    "B": lambda: chat(4, at=3, model="gpt-4o-mini"),
    "C": lambda: call(tool_call_id="call_A1"),
    "agent": agent,
}


@pytest.mark.parametrize("last", [[], ["agent"]], ids=["", "the agent last"])
@pytest.mark.parametrize("order", ["CBA", "BCA", "CAB", "ABC"])
def test_a_chat_that_names_the_call_asked_whenever_it_comes(order, last):
    for _ in range(2):
        for name in [*order, *last]:
            write_spans([LATE[name]()])
    words, inherited = said_of()
    assert (words["model"], sorted({*inherited} - {"agent", "session"})) == ("o3", ["model", "provider"])
    assert Span.objects.whole().get(span_id=3).attributes[sc.ASKED_BY] == f"{2:016x}"
    assert nothing_differs()
    [rollup] = Rollup.objects.filter(resolution_s=3600, series__operation="execute_tool").select_related("series")
    assert (rollup.first_try, rollup.series.model) == (1, "o3")


@pytest.mark.parametrize("nearer", [chat(4, at=4, model="o3"), agent(6, 1, agent="helper", session_id="s2")])
def test_a_nearer_chat_and_an_agent_between_give_their_words_whenever_they_come(nearer):
    parent = 6 if nearer.series.agent else 1
    rows = [agent(), chat(2, parent), call(parent=parent)]
    for row in [*rows, nearer]:
        write_spans([copy_of(row)])
    late = said_of()[0]
    together = [copy_of(row) for row in [*rows, nearer]]
    for row in together:
        row.trace_id = uuid.UUID(int=5)
    write_spans(together)
    whole = Span.objects.get(span_id=3, trace_id=uuid.UUID(int=5))
    assert late == {name: getattr(whole, name) for name in WORDS}
    assert ("o3" if parent == 1 else "helper") in late.values()
    assert nothing_differs()


def test_a_chat_of_another_provider_than_the_call_says_did_not_ask_whatever_it_names():
    rows = [agent(), chat(2, at=1, provider="anthropic", model="claude"), chat(4, at=3, asked="call_1")]
    for row in [*rows, call(tool_call_id="call_1", provider="anthropic")]:
        write_spans([row])
    assert said_of()[0]["model"] == "claude"


def test_what_a_sender_says_under_our_names_harms_nobody():
    for said in ("model", 7, ["model", 3], {"model": 1}, None, [["model"]]):
        trace_id = uuid.uuid4()
        odd = {"attributes": {sc.INHERITED: said, sc.ASKED_BY: said}, "trace_id": trace_id}
        for row in (call(**odd), chat(4, trace_id=trace_id), agent(trace_id=trace_id)):
            write_spans([row])
        assert Span.objects.get(trace_id=trace_id, span_id=3).model == "gpt-4o"
    assert nothing_differs()


def test_what_was_inherited_from_a_span_that_is_not_read_any_more_stays(monkeypatch):
    write_spans([agent(), chat(2, at=1, model="o3"), call(parent=1)])
    monkeypatch.setattr(queries, "STORED", queries.STORED.replace(f"LIMIT {queries.MOST_SPANS}", "LIMIT 2"))
    write_spans([chat(4, at=6, model="later")])  # now the call and this one are read
    write_spans([chat(5, at=0, model="earlier")])
    assert said_of()[0] == ALL | {"model": "o3"}


IDS = ["", "call_0", "call_1"]


@st.composite
def traces(draw):
    """The spans of a trace, and the requests in which they come: any, in any order, and some twice."""
    rows = [agent()]
    for span_id in range(2, draw(st.integers(3, 9))):
        kind = draw(st.sampled_from(["agent", "step", "chat", "chat", "call", "call"]))
        parent, at, call_id = (
            draw(st.integers(1, span_id - 1)),
            draw(st.integers(0, 6)),
            draw(st.sampled_from(IDS)),
        )
        provider, model = draw(st.sampled_from([("openai", "gpt-4o"), ("openai", "o3"), ("anthropic", "claude")]))
        theirs = {
            "agent": {"agent": f"agent {span_id}", "session_id": call_id},
            "chat": {"asked": call_id, "provider": provider, "model": model},
            "call": {"tool_call_id": call_id, "provider": draw(st.sampled_from(["", provider]))},
        }
        make = {"agent": agent, "chat": chat, "call": call, "step": span}[kind]
        rows.append(make(span_id, parent, at=at, **theirs.get(kind, {})))
    order = draw(st.permutations([*range(len(rows)), *draw(st.lists(st.integers(0, len(rows) - 1), max_size=3))]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1))))
    return rows, [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def of_calls(trace_id):
    return {
        row.span_id: ({name: getattr(row, name) for name in WORDS}, row.attributes.get(sc.ASKED_BY))
        for row in Span.objects.whole().filter(trace_id=trace_id).exclude(outcome="")
    }


@settings(max_examples=60)
@given(traces())
def test_a_trace_says_the_same_in_whatever_pieces_and_order_it_comes(trace):
    rows, requests = trace
    whole, pieces = uuid.uuid4(), uuid.uuid4()
    write_spans([of_trace(row, whole) for row in rows])
    for request in requests:
        write_spans([of_trace(rows[at], pieces) for at in request])
    assert of_calls(pieces) == of_calls(whole)


def of_trace(row, trace_id):
    found = copy_of(row)
    found.trace_id = trace_id
    return found
