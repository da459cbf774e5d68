import pytest

from tools.llm.transcript import (
    BadTranscript,
    Call,
    Image,
    Opaque,
    Origin,
    Reasoning,
    Result,
    Role,
    Text,
    Transcript,
)

CLAUDE = Origin("anthropic", "claude-sonnet-5-5", "eu")
WEATHER = Call("weather", {"city": "Paris"}, "call_1")
SMS = Call("sms", {"number": "1"}, "call_2")


def with_calls(*calls):
    return Transcript().ask("Hello").answer([Text("One moment."), *calls], CLAUDE)


def test_it_is_added_to_and_never_changed():
    before = Transcript().ask("Hello")
    after = before.answer([Text("Hi.")])
    assert len(before) == 1
    assert [(message.role, message.text) for message in after] == [(Role.USER, "Hello"), (Role.ASSISTANT, "Hi.")]


def test_results_may_come_one_by_one_and_in_any_order():
    transcript = with_calls(WEATHER, SMS).tell([Result("call_2", "sent")])
    assert [call.call_id for call in transcript.open_calls] == ["call_1"]
    transcript = transcript.tell([Result("call_1", "21")])
    assert transcript.open_calls == [] and len(transcript) == 3


def test_a_call_that_was_never_answered_gets_a_result_before_the_user_goes_on():
    transcript = with_calls(WEATHER, SMS).tell([Result("call_1", "21")]).ask("And now?")
    results = transcript.messages[2].results
    assert [(result.call_id, result.is_error) for result in results] == [("call_1", False), ("call_2", True)]
    assert transcript.messages[-1].text == "And now?"


def test_telling_nothing_changes_nothing():
    transcript = Transcript().ask("Hello")
    assert transcript.tell([]) == transcript and transcript.closed() == transcript


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Transcript().answer([Text("Hi.")]), "begins with what a user says"),
        (lambda: with_calls(WEATHER).answer([Text("Hi.")]), "has no result yet"),
        (lambda: with_calls(WEATHER, WEATHER), "a call 'call_1' already"),
        (lambda: with_calls(WEATHER).closed().answer([WEATHER]), "a call 'call_1' already"),
        (lambda: with_calls(WEATHER).tell([Result("call_9", "")]), "made no call 'call_9'"),
        (lambda: with_calls(WEATHER).tell([Result("call_1", ""), Result("call_1", "")]), "two results"),
        (lambda: with_calls(WEATHER).tell([Result("call_1", "")]).tell([Result("call_1", "")]), "two results"),
        (lambda: Transcript().ask("Hello").tell([Result("call_1", "")]), "whose calls they answer"),
        (lambda: Transcript().ask(WEATHER), "user cannot hold a part Call"),
        (lambda: Transcript().ask(), "The user says nothing"),
        (lambda: Transcript().ask("Hello").answer([Text("Hi.")]).ask(" \n"), "The user says nothing"),
        (lambda: Transcript().ask("Hello").answer([Result("call_1", "")]), "assistant cannot hold a part Result"),
    ],
)
def test_what_cannot_stand_there_is_refused_with_a_sentence(wrong, said):
    with pytest.raises(BadTranscript, match=said):
        wrong()


def test_only_who_made_an_opaque_part_reads_it():
    theirs, others = Opaque(CLAUDE, "thinking", {}), Opaque(CLAUDE._replace(deployment="us"), "thinking", {})
    transcript = Transcript().ask("Hello").answer([theirs, others, Reasoning("Hm."), Text("Hi.")], CLAUDE)
    read, stripped = transcript.readable_by(CLAUDE)
    assert (read.messages[1].parts, stripped) == ((theirs, Reasoning("Hm."), Text("Hi.")), 1)
    for reader in (Origin("openai", "gpt-6-sol"), CLAUDE._replace(model="claude-opus-5-5")):
        read, stripped = transcript.readable_by(reader)
        assert (read.messages[1].parts, stripped) == ((Reasoning("Hm."), Text("Hi.")), 2)
    assert len(transcript.messages[1].parts) == 4


def test_the_pieces_of_an_answer_are_one_text_and_what_a_user_says_are_lines():
    transcript = Transcript().ask("Look:", "here").answer([Text("The sky"), Text(" is blue.")])
    assert [message.text for message in transcript] == ["Look:\nhere", "The sky is blue."]


def test_a_turn_is_from_a_users_words_to_the_next():
    transcript = (
        with_calls(WEATHER)
        .closed()
        .answer([Text("It is warm.")])
        .ask("Look:", Image(b"\x89PNG", "image/png"))
        .ask("Well?")
        .answer([Text("Nice.")])
    )
    assert [[message.role.value for message in turn] for turn in transcript.turns()] == [
        ["user", "assistant", "tool", "assistant"],
        ["user", "user", "assistant"],
    ]
