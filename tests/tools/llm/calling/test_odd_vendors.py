"""What sloppy and hostile vendors send is an answer or a ModelError, and a span that says which."""

import asyncio

import httpx
import pytest

from tests.tools.llm.models import MODELS, ask, asked, weather
from tests.tools.llm.vendors import client_of, events, whole
from tools.llm.adapters.base import NONE
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import Deployment
from tools.llm.transcript import Call, Result, Text, Transcript


def deployment(name, **changes):
    provider, api, model, can = MODELS[name]
    about = {"base_url": "http://127.0.0.1:9/v1", "key": "sk-lab", "can": Capabilities(**{"api": api, **can})}
    return Deployment(**{"name": name, "provider": provider, "model": model, **about, **changes})


CHAT, CLAUDE, GEMINI = deployment("openai chat"), deployment("anthropic"), deployment("gemini")


def message(text, **more):
    return {"choices": [{"message": {"role": "assistant", "content": text, **more}, "finish_reason": "stop"}]}


def chunk(text=None, finish=None, **delta):
    said = {"content": text} if text is not None else {}
    return {"choices": [{"index": 0, "delta": {**said, **delta}, "finish_reason": finish}]}


async def kind_of(respond, where=CHAT, **about):
    model_client = client_of(respond)
    with pytest.raises(ModelError) as failed:
        if about.pop("stream", False):
            _ = [item async for item in model_client.stream(where, ask(where, asked(), **about))]
        else:
            await model_client.complete(where, ask(where, asked(), **about))
    return failed.value.kind


async def streamed(respond, where=CHAT):
    *pieces, answer = [item async for item in client_of(respond).stream(where, ask(where, asked()))]
    return "".join(piece.text for piece in pieces), answer


@pytest.mark.parametrize(
    "respond",
    [
        whole(message("hi")),
        whole([{"candidates": []}]),
        whole({"ok": True}, status=204),
        events(chunk("a"), b"data: {broken\n\n", chunk("b", "stop")),
        events(chunk("a"), b"data: [1]\n\n", chunk("b", "stop")),
    ],
)
async def test_what_is_no_stream_is_unreadable_so_that_the_next_is_asked(respond):
    assert await kind_of(respond, stream=True) == "unreadable"


async def test_the_name_of_a_streams_type_may_be_written_large():
    assert (await streamed(events(chunk("hi", "stop"), media_type="Text/Event-Stream; charset=utf-8")))[0] == "hi"


async def test_an_error_event_in_plain_words_is_an_error():
    assert await kind_of(events(chunk("a"), b"event: error\ndata: overloaded\n\n"), stream=True) == "overloaded"


async def test_a_refusal_that_is_streamed_is_read():
    assert await streamed(events(chunk(refusal="I can"), chunk(refusal="not.", finish="stop"))) == (
        *("I cannot.",),
        (await client_of(whole(message(None, refusal="I cannot."))).complete(CHAT, ask(CHAT, asked()))),
    )


@pytest.mark.parametrize("repeated", ["", "I look. "])
async def test_what_was_streamed_before_a_call_that_groq_could_not_read_is_kept(repeated):
    written = repeated + '<function=weather>{"city": "Rome"}</function>'
    error = {"message": "Failed to call a function.", "code": "tool_use_failed", "failed_generation": written}
    told, answer = await streamed(events(chunk("I "), chunk("look. "), {"error": error}), deployment("groq"))
    assert told == "I look. "
    text, call = answer.parts
    assert (text.text.strip(), call.name, call.arguments) == ("I look.", "weather", {"city": "Rome"})


async def test_a_block_whose_start_was_lost_is_in_the_answer_too():
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    told, answer = await streamed(events(delta, end), CLAUDE)
    assert told == "Hello" and answer.parts == (Text("Hello"),)


@pytest.mark.parametrize(
    ("where", "body"),
    [
        (CHAT, message("half \\ud83d")),
        (CLAUDE, {"content": [{"type": "text", "text": "half \\ud83d"}], "stop_reason": "end_turn"}),
    ],
)
async def test_half_a_sign_costs_no_answer(where, body):
    text = whole(body)(None).content.replace(b"\\\\ud83d", b"\\ud83d")
    answer = await client_of(whole(text)).complete(where, ask(where, asked()))
    assert any(isinstance(part, Text) for part in answer.parts)
    await client_of(whole(text)).complete(where, ask(where, Transcript().ask("half \ud83d")))


@pytest.mark.parametrize("number", [b"NaN", b"1e999", b"-Infinity"])
async def test_a_number_that_json_has_not_is_a_call_that_cannot_be_read(number):
    body = (
        b'{"content": [{"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "x", "days": %s}}]'
        % number
    )
    answer = await client_of(whole(body + b', "stop_reason": "tool_use"}')).complete(CLAUDE, ask(CLAUDE, asked()))
    (call,) = answer.parts
    assert "a number that JSON has not" in call.problem


@pytest.mark.parametrize("content", ["NaN", "[" * 100_000, '{"a": Infinity}'])
async def test_whatever_a_tool_says_can_be_told(content):
    transcript = (
        asked().answer([Call("weather", {"city": float("inf")}, "call_1")]).tell([Result("call_1", content)])
    )
    body = {"candidates": [{"content": {"parts": [{"text": "Fine."}]}, "finishReason": "STOP"}]}
    answer = await client_of(whole(body)).complete(GEMINI, ask(GEMINI, transcript))
    assert answer.parts == (Text("Fine."),)


@pytest.mark.parametrize(
    ("where", "body", "kind"),
    [
        (GEMINI, {"candidates": [{}]}, "unreadable"),
        (GEMINI, {"candidates": [{"finishReason": "MALFORMED_RESPONSE"}]}, "malformed_call"),
        (GEMINI, {"candidates": [{"finishReason": "MISSING_THOUGHT_SIGNATURE"}]}, "capability"),
        (
            CLAUDE,
            {"content": [{"type": "thinking", "thinking": "", "signature": "s"}], "stop_reason": "refusal"},
            "policy",
        ),
        (CHAT, {"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}, "policy"),
        (CHAT, {"choices": [{"error": {"code": 429, "message": "slow"}, "finish_reason": "error"}]}, "rate_limit"),
    ],
)
async def test_what_is_no_answer_is_taken_for_none(where, body, kind):
    assert await kind_of(whole(body), where) == kind


async def test_without_a_key_none_is_sent_and_one_that_cannot_be_sent_is_refused():
    seen = []
    own = deployment("openai chat", key="")

    def respond(request):
        seen.append(request.headers)
        return whole(message("hi"))(request)

    await client_of(respond).complete(own, ask(own, asked()))
    assert "authorization" not in seen[0]
    for key in ("sk-lab\n", " sk", "sk-é"):
        with pytest.raises(ValueError, match="signs that no key has"):
            deployment("openai chat", key=key)


async def test_a_key_that_a_vendor_repeats_is_not_told():
    said = {"error": {"message": "Bad key 7f3a9c1b, see https://x/?key=7f3a9c1b"}}
    model_client = client_of(whole(said, status=401))
    where = deployment("openai chat", key="7f3a9c1b")
    with pytest.raises(ModelError) as failed:
        await model_client.complete(where, ask(where, asked()))
    assert "7f3a9c1b" not in str(failed.value) and failed.value.kind == "authentication"


async def test_of_an_address_no_more_than_its_host_is_told():
    where = deployment("openai chat", base_url="http://user:secret@127.0.0.1:1/v1?key=secret")
    from tools.llm.calling import ModelClient

    model_client = ModelClient()
    with pytest.raises(ModelError) as failed:
        await model_client.complete(where, ask(where, asked()))
    await model_client.aclose()
    assert failed.value.kind == "unreachable" and "secret" not in str(failed.value)


async def test_a_question_for_another_deployment_is_not_sent():
    assert await kind_of(whole(message("hi")), CHAT, origin=CLAUDE.origin) == "invalid"


async def test_where_no_call_may_be_made_none_is_read():
    body = message('<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>')
    answer = await client_of(whole(body)).complete(CHAT, ask(CHAT, asked(), choice=NONE, tools=(weather,)))
    assert not [part for part in answer.parts if isinstance(part, Call)]


LONG_KEY = "Zq9mmX0123456789abcdefZZtopofall"


@pytest.mark.parametrize(
    ("respond", "stream"),
    [
        (whole({"error": {"message": f"No {LONG_KEY} here", "code": 400}}), False),
        (whole({"error": {"message": f"{'y' * 270} {LONG_KEY}"}}, status=400), False),
        (whole({"error": {"message": f"No {LONG_KEY} here"}}), True),
        (events(chunk("a"), {"error": {"message": f"No {LONG_KEY} here"}}), True),
        (events(f"event: error\ndata: No {LONG_KEY} here\n\n".encode()), True),
    ],
)
async def test_nor_is_one_that_is_repeated_in_an_answer_or_cut_off(respond, stream):
    where = deployment("openai chat", key=LONG_KEY)
    with pytest.raises(ModelError) as failed:
        if stream:
            _ = [item async for item in client_of(respond).stream(where, ask(where, asked()))]
        await client_of(respond).complete(where, ask(where, asked()))
    assert "[key]" in str(failed.value) and LONG_KEY[:8] not in str(failed.value)


async def test_what_is_no_stream_and_never_ends_takes_no_longer_than_an_answer_may():
    async def drops():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    def respond(request):
        return httpx.Response(200, content=drops(), headers={"content-type": "text/html"})

    assert await kind_of(respond, deployment("openai chat", timeout_s=0.2), stream=True) == "timeout"
