import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.conversation.transcript import Turn, read_transcript, split_sentences


def test_lines_with_speakers_become_numbered_turns():
    assert read_transcript("Rep: Hello.\n\nMs O'Neil (Acme): Hi there: come in.") == [
        Turn(1, "Rep", "Hello."),
        Turn(2, "Ms O'Neil (Acme)", "Hi there: come in."),
    ]


def test_line_without_speaker_goes_on_with_the_turn_before():
    assert read_transcript("Rep: Hello,\nhow are you?") == [Turn(1, "Rep", "Hello, how are you?")]


def test_without_any_speaker_each_line_is_a_turn():
    assert [turn.text for turn in read_transcript("Hello.\nHi.")] == ["Hello.", "Hi."]


@pytest.mark.parametrize("line", ["[00:12] Rep: Hello", "[0:00:12.5] Rep: Hello"])
def test_time_stamps_are_left_out(line):
    assert read_transcript(line) == [Turn(1, "Rep", "Hello")]


@pytest.mark.parametrize("line", ["at 10:30: we meet", "see https://example.com now"])
def test_times_and_addresses_are_no_speakers(line):
    assert read_transcript(line) == [Turn(1, "", line)]


def test_sentences_keep_their_turn():
    sentences = split_sentences(read_transcript("A: One. Two?\nB: Three!"))
    assert [(one.turn.number, one.text) for one in sentences] == [(1, "One."), (1, "Two?"), (2, "Three!")]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    turns = read_transcript(text)
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert all(sentence.text for sentence in split_sentences(turns))
