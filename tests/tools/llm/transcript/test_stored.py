"""What is kept of a conversation is what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.transcript import Call, Image, Opaque, Origin, Reasoning, Result, Text, Transcript
from tools.llm.transcript.stored import NotStored, read, written

texts = st.text(max_size=30)
origins = st.builds(Origin, texts, texts, texts)
json_values = st.none() | st.booleans() | st.integers() | texts
values = st.recursive(json_values, lambda inner: st.dictionaries(texts, inner))
parts = st.one_of(
    st.builds(Text, texts),
    st.builds(Reasoning, texts),
    st.builds(Opaque, origins, texts, values, texts),
    st.builds(Call, name=texts, arguments=st.dictionaries(texts, values), vendor_id=texts, problem=texts),
)


@given(st.lists(st.lists(parts, max_size=5), max_size=3), st.binary(max_size=20), st.booleans())
def test_it_comes_back_as_it_was(answers, data, is_error):
    transcript = Transcript()
    for answer in answers:
        transcript = transcript.ask("Said \x00 and \ud800.", Image(data, "image/png")).answer(
            answer, Origin("p", "m")
        )
        transcript = transcript.tell(
            Result(call.call_id, "{}", is_error=is_error) for call in transcript.open_calls
        )
    text = written(transcript)
    assert read(text) == transcript and text.isascii() and "\x00" not in text


@pytest.mark.parametrize("text", ["", "[1]", '[{"role": "nobody", "parts": []}]', '[{"role": "user"}]'])
def test_what_is_none_says_so(text):
    with pytest.raises(NotStored, match="begin a new one"):
        read(text)
