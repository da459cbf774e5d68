"""A whole loop by every adapter: asked, called, told, answered; in one piece and as a stream."""

import json

import pytest

from tests.tools.llm.models import MODELS, ask, asked, deployment, said, told
from tools.llm.adapters.base import Delta
from tools.llm.transcript import Call, Opaque, Text

# Whose answers hold what has to go back with the results.
SIGNED = {"openai responses", "anthropic", "anthropic haiku", "gemini", "xai", "openrouter"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", MODELS)
async def test_a_tool_is_called_and_its_result_answered(lab, model_client, recorded, name, stream):
    where = deployment(lab, name)
    first, pieces = await said(model_client, where, ask(where, asked(), stream=stream))
    (call,) = [part for part in first.parts if isinstance(part, Call)]
    assert (call.name, call.problem) == ("weather", "") and call.arguments["city"]
    assert any(isinstance(part, Opaque) for part in first.parts) == (name in SIGNED)
    if stream:
        written = "".join(piece.text for piece in pieces if piece.kind == "call")
        assert json.loads(written)["city"] == call.arguments["city"]
    transcript = told(asked().answer(first.parts, where.origin))
    second, pieces = await said(model_client, where, ask(where, transcript, stream=stream))
    (text,) = [part.text for part in second.parts if isinstance(part, Text)]
    assert "21" in text
    if stream:
        assert "".join(piece.text for piece in pieces if piece == Delta("text", piece.text)) == text
    assert [span.attributes["gen_ai.request.model"] for span in recorded.get_finished_spans()] == [where.model] * 2


@pytest.mark.parametrize("name", MODELS)
async def test_the_span_says_what_was_used_and_who_answered(lab, model_client, recorded, name):
    where = deployment(lab, name)
    answer, _ = await said(model_client, where, ask(where, asked()))
    (span,) = recorded.get_finished_spans()
    said_of_it = span.attributes
    assert span.name == f"chat {where.model}"
    assert (
        said_of_it["gen_ai.provider.name"] == where.provider_name and said_of_it["salesboost.deployment"] == name
    )
    assert said_of_it["gen_ai.response.model"].endswith(where.model.rpartition("/")[2])
    assert said_of_it["gen_ai.usage.input_tokens"] == answer.usage.input_tokens > 0
    assert said_of_it["gen_ai.usage.output_tokens"] == answer.usage.output_tokens > 0
    assert said_of_it["gen_ai.response.finish_reasons"] == (answer.finish,)
    (call,) = [part for part in answer.parts if isinstance(part, Call)]
    (message,) = json.loads(said_of_it["gen_ai.output.messages"])
    assert [part["id"] for part in message["parts"] if part["type"] == "tool_call"] == [call.call_id]
    assert where.key not in str(dict(said_of_it))


@pytest.mark.parametrize("name", MODELS)
async def test_a_stream_that_nobody_reads_on_stops_the_model_and_says_so(lab, model_client, recorded, name):
    where = deployment(lab, name)
    stream = model_client.stream(where, ask(where, asked("Just say hello to me, please."), tools=(), stream=True))
    async for _ in stream:
        break
    await stream.aclose()
    (span,) = recorded.get_finished_spans()
    assert span.attributes["error.type"] == "broken_stream" and "went away" in span.status.description


@pytest.mark.parametrize("name", MODELS)
async def test_a_tool_that_has_to_be_called_is_called(lab, model_client, recorded, name):
    where = deployment(lab, name)
    answer, _ = await said(model_client, where, ask(where, asked("Hello there."), choice="sms"))
    called = [part.name for part in answer.parts if isinstance(part, Call)]
    changes = recorded.get_finished_spans()[0].attributes.get("salesboost.request.changes", ())
    if where.can.forced_tool_choice:
        assert called == ["sms"] and not changes
    else:
        assert changes == ("That a tool has to be called was said in words: the model cannot be made to.",)
        assert "sms" in json.dumps(lab.requests[-1].body)
