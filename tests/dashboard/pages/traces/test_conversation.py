import uuid

from dashboard.pages.traces.conversation import Broken, Called, Said, conversation, key_of
from dashboard.pages.traces.messages import Exchange, Message, ToolUse
from tests.dashboard.pages.traces.builders import span

FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)
SYSTEM = Message("system", "Be kind.")


def user(text):
    return Message("user", text)


def model(text, *uses):
    return Message("assistant", text, tuple(ToolUse(name, name, "{}") for name in uses))


def asked(number, start_ms, *history, says=(), trace=FIRST, **more):
    one = span(number, start_ms=start_ms, trace_id=trace, operation="chat", model="gpt-4o", **more)
    return one, Exchange(input=history, output=tuple(says))


def told(*requests, calls=()):
    """Each turn as a list of texts; a call by its tool in brackets."""
    spans = [one for one, _ in requests] + list(calls)
    turns = conversation(spans, {key_of(one): exchange for one, exchange in requests})
    return [[words(item) for item in turn.items] for turn in turns]


def words(item):
    match item:
        case Said(message):
            return message.text or f"<{message.uses[0].name}>"
        case Called(span):
            return f"[{span.tool}]"
        case Broken(_, text):
            return f"!{text}"


def test_a_history_that_repeats_is_told_once():
    requests = [
        asked(1, 0, SYSTEM, user("a"), says=[model("b")]),
        asked(2, 50, SYSTEM, user("a"), model("b"), user("c"), says=[model("d")], trace=SECOND),
    ]
    assert told(*requests) == [["Be kind.", "a", "b"], ["c", "d"]]


def test_calls_stand_where_they_were_made_and_their_answers_are_not_told_twice():
    use = model("", "price")
    call = span(9, start_ms=20, trace_id=FIRST, tool="price", outcome="first_try", tool_call_id="price")
    answer = Message("tool", "$30", answers="price")
    requests = [
        asked(1, 0, user("a"), says=[use]),
        asked(2, 50, user("a"), use, answer, says=[model("It is $30.")]),
    ]
    assert told(*requests, calls=[call]) == [["a", "<price>", "[price]", "It is $30."]]


def test_an_answer_of_a_tool_whose_span_is_not_here_is_told():
    answer = Message("tool", "$30", answers="elsewhere")
    assert told(asked(1, 0, user("a"), answer)) == [["a", "$30"]]


def test_the_same_words_said_again_are_told_again():
    requests = [
        asked(1, 0, user("hello"), says=[model("hi")]),
        asked(2, 50, user("hello"), says=[model("hi again")], trace=SECOND),
    ]
    assert told(*requests) == [["hello", "hi"], ["hello", "hi again"]]


def test_a_request_sent_again_within_a_trace_is_told_once():
    requests = [
        asked(1, 0, user("a"), status=2, error_message="overloaded"),
        asked(2, 50, user("a"), says=[model("b")]),
    ]
    assert told(*requests) == [["a", "!overloaded", "b"]]


def test_a_history_of_which_only_the_end_is_sent_is_told_once():
    requests = [
        asked(1, 0, SYSTEM, user("a"), says=[model("b")]),
        asked(2, 50, SYSTEM, model("b"), user("c"), says=[model("d")]),
        asked(3, 90, SYSTEM, model("d"), user("e"), says=[model("f")]),
    ]
    assert told(*requests) == [["Be kind.", "a", "b", "c", "d", "e", "f"]]


def test_two_agents_at_the_same_time_keep_their_threads():
    requests = [
        asked(1, 0, user("plan"), says=[model("p1")]),
        asked(2, 10, user("search"), says=[model("s1")]),
        asked(3, 20, user("plan"), model("p1"), user("go on"), says=[model("p2")]),
        asked(4, 30, user("search"), model("s1"), user("more"), says=[model("s2")]),
    ]
    assert told(*requests) == [["plan", "p1", "search", "s1", "go on", "p2", "more", "s2"]]


def test_messages_that_were_cut_are_said_to_be():
    one, _ = asked(1, 0)
    [turn] = conversation([one], {key_of(one): Exchange(input=(user("a"),), cut=True)})
    assert [type(item) for item in turn.items] == [Said, Broken]


def test_a_turn_is_as_long_as_its_spans():
    spans = [span(1, start_ms=0, took_ms=10, trace_id=FIRST), span(2, start_ms=5, took_ms=20, trace_id=FIRST)]
    [turn] = conversation(spans, {})
    assert turn.duration_ns == 25_000_000
