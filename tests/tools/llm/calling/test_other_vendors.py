"""A conversation goes on with another vendor, whoever had it so far; and any conversation is taken by all."""

from itertools import permutations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.llm.conftest import TRUSTED
from tests.tools.llm.models import MODELS, PIXEL, ask, asked, deployment, said, told
from tools.llm.calling import ModelClient
from tools.llm.transcript import Call, Image, Opaque, Origin, Reasoning, Result, Text, Transcript


@pytest.mark.parametrize(("first", "second"), permutations(MODELS, 2))
async def test_amid_a_turn_another_vendor_goes_on_and_then_the_first(lab, model_client, recorded, first, second):
    here, there = deployment(lab, first), deployment(lab, second)
    answer, _ = await said(model_client, here, ask(here, asked()))
    transcript = told(asked().answer(answer.parts, here.origin))
    opaque = sum(isinstance(part, Opaque) for part in answer.parts)
    transcript = await answered(model_client, there, transcript)
    first_there = recorded.get_finished_spans()[1].attributes
    assert first_there.get("salesboost.opaque.stripped", 0) == opaque
    transcript = await answered(model_client, here, transcript.ask("And the weather in Rome?"))
    assert [message.origin for message in transcript if message.text][1::2] == [there.origin, here.origin]


async def answered(model_client, where, transcript):
    """*transcript* with the answer in words of *where*, however often that calls a tool first."""
    for _ in range(3):
        answer, _ = await said(model_client, where, ask(where, transcript))
        transcript = told(transcript.answer(answer.parts, where.origin))
        if any(isinstance(part, Text) for part in answer.parts):
            return transcript
    raise AssertionError("no answer in words")


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
names = st.sampled_from(["weather", "sms", "gone", "not.a/name", "x" * 90])
origins = st.sampled_from(
    [Origin(provider, model, name) for name, (provider, _, model, _) in MODELS.items()] + [Origin("old", "gone")]
)
calls = st.builds(
    Call,
    names,
    st.dictionaries(texts, texts | st.integers() | st.none() | st.lists(texts, max_size=2), max_size=2),
    vendor_id=st.sampled_from(["", "call_1", "toolu_1", "fc_1"]),
    problem=st.sampled_from(["", "It was cut off."]),
)
# Of nobody that is asked here: what its maker would say to it is the maker's.
opaque = st.builds(Opaque, st.just(Origin("old", "gone")), st.sampled_from(["thinking", "reasoning"]), st.just({}))
answers = st.lists(st.builds(Text, texts) | st.builds(Reasoning, texts) | opaque | calls, max_size=4)
asks = st.lists(texts.map(Text) | st.just(PIXEL), min_size=1, max_size=3).filter(
    lambda parts: any(isinstance(part, Image) or part.text.strip() for part in parts)
)


@st.composite
def transcripts(draw):
    transcript = Transcript()
    for _ in range(draw(st.integers(1, 3))):
        transcript = transcript.ask(*draw(asks))
        for _ in range(draw(st.integers(0, 2))):
            transcript = transcript.answer(draw(answers), draw(origins))
            if not transcript.open_calls:
                break
            results = [Result(call.call_id, draw(texts), draw(st.booleans())) for call in transcript.open_calls]
            transcript = transcript.tell(draw(st.permutations(results)))
    return transcript if transcript.messages[-1].role != "assistant" else transcript.ask("Well?")


@pytest.mark.parametrize("name", MODELS)
@given(transcript=transcripts())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_conversation_is_taken(lab, name, transcript):
    where = deployment(lab, name)
    model_client = ModelClient(httpx.AsyncClient(verify=TRUSTED))
    try:
        answer = await model_client.complete(where, ask(where, transcript))
    finally:
        await model_client.aclose()
    assert answer.finish
