"""What a question is before it is sent: its pictures, and no more of it than the model takes."""

import json
from base64 import b64decode
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salesboost.lab.asked import Reply
from tests.tools.llm.calling.test_other_vendors import transcripts
from tests.tools.llm.conftest import TRUSTED
from tests.tools.llm.images.pictures import drawn, seen
from tests.tools.llm.models import MODELS, PIXEL, ask, asked, deployment, said, told
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling import ModelClient
from tools.llm.images import picture
from tools.llm.images.takes import scaled, takes_of
from tools.llm.transcript import Call, Image, Opaque, Text, Transcript

LARGE = (4_000, 3_000)
SEE = [name for name, (_, _, _, can) in MODELS.items() if can.get("vision", True)]


def base64_in(body):
    """The picture of a request, wherever its vendor has it."""
    if isinstance(body, dict):
        if isinstance(data := body.get("data"), str):
            return data
        body = list(body.values())
    if isinstance(body, list):
        return next((found for each in body if (found := base64_in(each))), None)
    return body.partition(",")[2] if isinstance(body, str) and body.startswith("data:image/") else None


@pytest.mark.parametrize("name", SEE)
@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_picture_arrives_as_its_vendor_takes_it(lab, model_client, name, is_stream):
    where = deployment(lab, name)
    for form, size in (("JPEG", LARGE), ("WEBP", (300, 100))):
        transcript = Transcript().ask("What is it?", await picture(drawn(form, size)))
        await said(model_client, where, ask(where, transcript, stream=is_stream, tools=()))
        request = lab.requests[-1]
        sent = seen(b64decode(base64_in(json.loads(json.dumps(request.body)))))
        assert request.last.images == 1 and sent.format in ("JPEG", "PNG")
        assert sent.size == scaled(size, takes_of(where.provider))
        assert transcript.messages[0].parts[1].data == drawn(form, size)


async def test_a_model_that_takes_no_pictures_is_not_asked(lab, model_client, recorded):
    where = deployment(lab, "groq")
    with pytest.raises(ModelError) as refused:
        await model_client.complete(where, ask(where, Transcript().ask("What is it?", PIXEL)))
    assert str(refused.value) == (
        "'openai/gpt-oss-120b' takes no pictures: ask a model that can, or leave it out."
    )
    assert lab.requests == [] and recorded.get_finished_spans()[0].attributes["error.type"] == "capability"


@pytest.mark.parametrize(("name", "model"), [("groq", ""), ("openrouter", "openai/gpt-oss-120b")])
async def test_one_that_we_think_takes_them_says_so_itself(lab, model_client, name, model):
    where = deployment(lab, name, vision=True)
    where = replace(where, model=model or where.model)
    with pytest.raises(ModelError) as refused:
        await model_client.complete(where, ask(where, Transcript().ask("What is it?", PIXEL)))
    assert refused.value.kind is ErrorKind.CAPABILITY


async def test_what_is_no_picture_is_not_sent(lab, model_client, recorded):
    where = deployment(lab, "gemini")
    with pytest.raises(ModelError, match="no picture that models take: correct the request") as refused:
        await model_client.complete(where, ask(where, Transcript().ask(Image(b"GIF", "image/gif"))))
    assert refused.value.kind is ErrorKind.INVALID and lab.requests == []
    assert recorded.get_finished_spans()[0].attributes["error.type"] == "invalid"


async def test_groq_gets_five_of_seven_pictures_and_the_span_says_so(lab, model_client, recorded):
    where = replace(deployment(lab, "groq", vision=True), model="qwen/qwen3.6-27b")
    pictures = [await picture(drawn(size=(30 + at, 20))) for at in range(7)]
    await model_client.complete(where, ask(where, Transcript().ask("Which is the best?", *pictures)))
    assert lab.requests[-1].last.images == 5
    assert recorded.get_finished_spans()[0].attributes["salesboost.pictures.left_out"] == 2


def long(turns):
    transcript = Transcript()
    for at in range(turns):
        transcript = transcript.ask(f"Question {at}: " + "word " * 100).answer([Text("Yes.")])
    return transcript.ask("What is the weather in Paris?")


@pytest.mark.parametrize("name", MODELS)
async def test_the_end_of_a_long_conversation_is_sent_and_the_span_says_so(lab, model_client, recorded, name):
    where = deployment(lab, name, context_tokens=6_000)
    answer, _ = await said(model_client, where, ask(where, long(40)))
    attributes = recorded.get_finished_spans()[0].attributes
    sent = [turn for turn in lab.requests[-1].turns if turn.role == "user"]
    assert answer.parts and "Question 0" not in sent[0].text and len(sent) < 41
    assert attributes["salesboost.messages.left_out"] == 2 * (41 - len(sent))
    assert attributes["salesboost.input_tokens.estimated"] <= 6_000 - 4_096


async def test_a_last_turn_that_does_not_fit_is_not_sent(lab, model_client, recorded):
    where = deployment(lab, "openai responses", context_tokens=6_000)
    with pytest.raises(ModelError, match="The last turn, instructions and tools are some") as refused:
        await model_client.complete(where, ask(where, long(3).answer([Text("Warm.")]).ask("word " * 5_000)))
    assert refused.value.kind is ErrorKind.CONTEXT and lab.requests == []
    assert recorded.get_finished_spans()[0].attributes["error.type"] == "context"


async def test_what_the_vendor_counts_corrects_the_next_estimate(lab, model_client, recorded):
    where = deployment(lab, "anthropic haiku")
    for _ in range(12):
        await model_client.complete(where, ask(where, long(40)))
    off = []
    for span in recorded.get_finished_spans():
        estimated, counted = (
            span.attributes[name] for name in ("salesboost.input_tokens.estimated", "gen_ai.usage.input_tokens")
        )
        off.append(abs(estimated / counted - 1))
    assert off[-1] < 0.05 < off[0]


async def test_thoughts_of_a_cut_conversation_hold_for_no_longer_one(lab, model_client):
    small, large = (deployment(lab, "anthropic", context_tokens=tokens) for tokens in (6_000, 100_000))
    transcript = long(40)
    answer, _ = await said(model_client, small, ask(small, transcript))
    assert any(isinstance(part, Opaque) for part in answer.parts)
    assert any(isinstance(part, Call) for part in answer.parts)
    transcript = told(transcript.answer(answer.parts, small.origin))
    # The same deployment, of which it was learned meanwhile that it counts less.
    answer, _ = await said(model_client, large, ask(large, transcript))
    assert answer.finish and len(lab.requests[-1].turns) > 80


@pytest.mark.parametrize("name", MODELS)
@given(transcript=transcripts(), takes=st.integers(4_300, 5_500))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_cut_is_taken(lab, name, transcript, takes):
    """Of any conversation; what is refused is so before anything is sent."""
    where = deployment(lab, name, vision=name in SEE, context_tokens=takes)
    model_client = ModelClient(httpx.AsyncClient(verify=TRUSTED))
    lab.forget()
    try:
        answer = await model_client.complete(where, ask(where, transcript))
    except ModelError as error:
        assert error.kind in (ErrorKind.CONTEXT, ErrorKind.CAPABILITY) and lab.requests == []
    else:
        assert answer.finish and len(lab.requests) == 1
    finally:
        await model_client.aclose()


async def test_the_original_is_what_the_caller_keeps(lab, model_client):
    where = deployment(lab, "gemini", context_tokens=6_000)
    transcript = long(40)
    lab.say(Reply(text="Warm."))
    answer, _ = await said(model_client, where, ask(where, transcript))
    whole = transcript.answer(answer.parts, where.origin)
    assert len(whole) == 82 and whole.messages[:81] == transcript.messages


async def test_a_short_question_is_sent_whole(lab, model_client, recorded):
    where = deployment(lab, "xai")
    await said(model_client, where, ask(where, asked()))
    attributes = recorded.get_finished_spans()[0].attributes
    assert "salesboost.messages.left_out" not in attributes and "salesboost.pictures.left_out" not in attributes
    assert attributes["salesboost.input_tokens.estimated"] > 20
