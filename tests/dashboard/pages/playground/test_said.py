"""A kept conversation as the page shows it."""

from dashboard.pages.playground.said import FAILED, MOST_PICTURE_BYTES, OK, UNANSWERED, said_in
from tests.dashboard.pages.playground.conftest import CLAUDE, a_transcript
from tools.llm.transcript import Call, Image, Transcript


def test_results_stand_with_their_calls():
    first, answer, last, picture = said_in(a_transcript())
    assert (first.is_user, answer.is_user, last.text, picture.is_user) == (True, False, "They cost 42.", True)
    assert (answer.who, answer.reasoning) == ("claude · claude-sonnet-5-5", "Three times one.")
    assert [(call.state, call.result) for call in answer.calls] == [
        (OK, '{\n  "total": 42\n}'),
        (FAILED, "no such action"),
    ]
    assert answer.calls[0].arguments == '{\n  "quantity": 3\n}'


def test_a_call_that_nobody_answered_says_so():
    (_, answer) = said_in(Transcript().ask("Hi.").answer([Call("double", {}, call_id="call_1")], CLAUDE))
    assert (answer.calls[0].state, answer.calls[0].result) == (UNANSWERED, "")


def test_a_picture_is_shown_and_a_large_one_told_of():
    (small,) = said_in(a_transcript())[-1].pictures
    assert small.address.startswith("data:image/png;base64,iVBOR")
    (said,) = said_in(Transcript().ask(Image(b"x" * (MOST_PICTURE_BYTES + 1), "image/png")))
    assert said.pictures[0].address == "" and "image/png" in said.pictures[0].words


def test_long_numbers_keep_their_digits():
    number = 12345678901234567890123
    (_, answer) = said_in(Transcript().ask("Hi.").answer([Call("double", {"number": number})], CLAUDE))
    assert str(number) in answer.calls[0].arguments
