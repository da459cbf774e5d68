from hypothesis import given
from hypothesis import strategies as st

from tools.llm.transcript import Call, Opaque, Origin, Text, Transcript
from tools.llm.transcript.trimming import trimmed


def by_message(messages):
    return len(messages)


def conversation(turns):
    """A transcript whose turns have so many calls each."""
    transcript = Transcript()
    for calls in turns:
        transcript = transcript.ask("Hello").answer(
            [Text("One moment."), *(Call("weather", {}) for _ in range(calls))]
        )
        transcript = transcript.closed().answer([Text("Done.")]) if calls else transcript
    return transcript


def test_the_first_turns_stay_behind():
    whole = conversation([1, 0, 1])
    sent, left_out = trimmed(whole, 6, by_message)
    assert (len(sent), left_out) == (6, 4)
    assert sent.messages == whole.messages[4:]


def test_where_something_stays_behind_so_do_parts_that_hold_for_all_of_it():
    origin = Origin("anthropic", "claude-sonnet-5-5")
    whole = conversation([0]).ask("And?").answer([Opaque(origin, "thinking", {}), Text("Well.")], origin)
    assert trimmed(whole, 100, by_message).transcript == whole
    sent, left_out = trimmed(whole, 2, by_message)
    assert left_out == 2 and sent.messages[-1].parts == (Text("Well."),)


def test_the_last_turn_is_sent_however_long_it_is():
    whole = conversation([0, 1])
    assert trimmed(whole, 1, by_message) == (Transcript(whole.messages[2:]), 2)


def test_what_fits_is_sent_as_it_is():
    whole = conversation([1, 1])
    assert trimmed(whole, 100, by_message) == (whole, 0)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(0, 40))
def test_whatever_is_left_out_every_call_has_its_result(turns, most):
    whole = conversation(turns)
    sent, left_out = trimmed(whole, most, by_message)
    assert sent.messages == whole.messages[left_out:]
    again = Transcript()
    for message in sent:  # each may stand where it stands
        again = again.add(message)
    assert not again.open_calls and sent.messages[0].role == "user"
