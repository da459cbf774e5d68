"""Real litellm in its process, asked through it; the vendors are the lab."""

from contextlib import suppress
from dataclasses import replace

import pytest

from tests.tools.llm.litellm_process.where import MODELS, at_lab, by_litellm
from tests.tools.llm.models import ask, asked, said, told
from tools.llm.adapters.errors import ModelError
from tools.llm.transcript import Call, Opaque, Text, Transcript

STREAM = pytest.mark.parametrize("stream", [False, True])
MISTRAL = "mistral/mistral-large-latest"


@STREAM
@pytest.mark.parametrize("model", MODELS)
async def test_a_tool_is_called_and_its_result_is_told(provider_lab, client, model, stream):
    where, transcript = at_lab(provider_lab, model), asked()
    answer, _ = await said(client, where, ask(where, transcript, stream=stream))
    (call,) = [part for part in answer.parts if isinstance(part, Call)]
    assert call.name == "weather" and not call.problem
    transcript = told(transcript.answer(answer.parts, where.origin))
    answer, pieces = await said(client, where, ask(where, transcript, stream=stream))
    assert "21" in answer.parts[-1].text
    assert answer.model == model.partition("/")[2] and answer.finish == "stop"
    assert (len(pieces) > 0) == stream


@STREAM
async def test_what_claude_thought_goes_back_to_it(provider_lab, client, stream):
    where, transcript = at_lab(provider_lab, "anthropic/claude-haiku-5-5"), asked()
    answer, _ = await said(client, where, ask(where, transcript, stream=stream))
    (block,) = [part for part in answer.parts if isinstance(part, Opaque)]
    await said(client, where, ask(where, told(transcript.answer(answer.parts, where.origin)), stream=stream))
    assert provider_lab.requests[-1].body["messages"][1]["content"][0] == block.value[0]


@STREAM
async def test_tokens_are_the_vendors_and_nobodys_where_it_counted_none(provider_lab, client, spans, stream):
    for model, has in (("openai/gpt-5.2", True), (MISTRAL, not stream)):
        where = at_lab(provider_lab, model)
        answer, _ = await said(client, where, ask(where, asked("Hello."), stream=stream))
        assert bool(answer.usage) == has
        assert answer.cost_usd is None  # what litellm reckons is no bill
    # Whose model it is, not by whom it was asked.
    vendors = [span.attributes["gen_ai.provider.name"] for span in spans.get_finished_spans()]
    assert vendors == ["openai", "mistral_ai"]


async def test_what_is_asked_is_what_the_vendor_gets(provider_lab, client):
    where = at_lab(provider_lab, "openai/gpt-5.2")
    await said(client, where, ask(where, asked("Hello."), choice="weather"))
    (request,) = provider_lab.requests
    assert request.body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert [tool["function"]["name"] for tool in request.body["tools"]] == ["weather", "sms"]
    assert request.headers["authorization"] == "Bearer sk-lab"


# Model, fault, in a stream, and what it is to who asked: kind, status, and how long to wait.
FAULTS = [
    ("mistral", "rate_limited", "rate_limit", 429, 2.0),
    ("mistral", "overloaded", "overloaded", 503, None),
    ("mistral", "server_error", "server", 500, None),
    ("mistral", "bad_gateway", "server", 502, None),
    ("mistral", "wrong_key", "authentication", 401, None),
    ("mistral", "forbidden", "permission", 403, None),
    ("mistral", "no_credit", "credit", 429, None),
    ("mistral", "unknown_model", "unknown_model", 404, None),
    ("mistral", "context_too_long", "context", 400, None),
    ("mistral", "content_filter", "policy", 400, None),
    ("mistral", "invalid_request", "invalid", 400, None),
    ("mistral", "closed_connection", "broken_stream", 500, None),
    ("anthropic", "rate_limited", "rate_limit", 429, 2.0),
    ("anthropic", "overloaded", "overloaded", 529, None),
    ("anthropic", "no_credit", "credit", 400, None),
    ("anthropic", "wrong_key", "authentication", 401, None),
    ("anthropic", "context_too_long", "context", 400, None),
    ("gemini", "wrong_key", "authentication", 400, None),
    ("gemini", "overloaded", "overloaded", 503, None),
    ("gemini", "gateway_timeout", "timeout", 504, None),
]
NAMES = {name.partition("/")[0]: name for name in MODELS}


@STREAM
@pytest.mark.parametrize(("vendor", "fault", "expected"), [(one, fault, rest) for one, fault, *rest in FAULTS])
async def test_an_error_is_what_the_vendor_said(provider_lab, client, spans, vendor, fault, expected, stream):
    where = at_lab(provider_lab, NAMES[vendor])
    provider_lab.fail(fault, vendor=MODELS[NAMES[vendor]])
    with pytest.raises(ModelError) as failed:
        await said(client, where, ask(where, asked(), stream=stream))
    error = failed.value
    assert [error.kind, error.status, error.retry_after_s] == expected
    assert "litellm" not in str(error) and where.key not in str(error)
    assert spans.get_finished_spans()[0].attributes["error.type"] == error.kind


@pytest.mark.parametrize(
    ("model", "fault", "kind"),
    [
        ("openai/gpt-5.2", "cut_stream", "broken_stream"),
        ("openai/gpt-5.2", "overloaded_stream", "overloaded"),
        ("anthropic/claude-haiku-5-5", "cut_stream", "broken_stream"),
        ("anthropic/claude-haiku-5-5", "overloaded_stream", "overloaded"),
        ("gemini/gemini-3.8-flash", "cut_stream", "broken_stream"),
        # Here litellm says that the answer ended in good order.
        *((model, "html", "unreadable") for model in MODELS),
        *((model, "cut_json", "unreadable") for model in MODELS),
        ("openai/gpt-5.2", "no_finish", "broken_stream"),
    ],
)
async def test_a_stream_that_is_not_whole_is_no_answer(provider_lab, client, model, fault, kind):
    where = at_lab(provider_lab, model)
    provider_lab.fail(fault, vendor=MODELS[model])
    with pytest.raises(ModelError) as failed:
        await said(client, where, ask(where, asked(), stream=True))
    assert failed.value.kind == kind


@STREAM
@pytest.mark.parametrize(
    ("model", "base_url", "kind", "words"),
    [
        (MISTRAL, "http://127.0.0.1:9/v1", "unreachable", "cannot be reached"),
        ("gemini/gemini-3.8-flash", "http://127.0.0.1:9/v1beta", "unreachable", "cannot be reached"),
        ("nonesuch/model", "", "unknown_model", "vendor/model"),
        ("model", "", "unknown_model", "vendor/model"),
        # litellm knows that this vendor takes no tools; nothing is left out unsaid.
        ("perplexity/sonar", "http://127.0.0.1:9", "capability", "tools"),
    ],
)
async def test_what_never_reached_a_vendor_says_why(client, model, base_url, kind, words, stream):
    where = by_litellm(model, base_url)
    with pytest.raises(ModelError) as failed:
        await said(client, where, ask(where, asked(), stream=stream))
    assert failed.value.kind == kind and words in str(failed.value)


async def test_one_without_a_key_finds_none_elsewhere(provider_lab, own_client, monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", "sk-of-somebody")
    where = at_lab(provider_lab, MISTRAL, key="")
    with suppress(ModelError):
        await said(own_client, where, ask(where, asked()))
    assert "sk-of-somebody" not in str([request.headers for request in provider_lab.requests])


async def test_a_long_conversation_goes_through(provider_lab, client):
    where = at_lab(provider_lab, MISTRAL)
    where = replace(where, can=replace(where.can, context_tokens=2_000_000))
    answer, _ = await said(client, where, ask(where, Transcript().ask("Hello. " * 300_000), tools=()))
    assert isinstance(answer.parts[0], Text)
