"""How long an answer may be, where a stream begins, and what becomes of its connection."""

import asyncio
import json

import httpx
import pytest

from tests.tools.llm.models import ask, asked, deployment, said
from tests.tools.llm.vendors import client_of, events, whole
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import ModelClient
from tools.llm.calling.events import MAX_ANSWER_BYTES, MAX_STREAM_BYTES
from tools.llm.transcript import Text

END = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}


class Endless(httpx.AsyncByteStream):
    """Sends *piece* for ever, and counts how much of it was taken."""

    def __init__(self, piece):
        self.piece, self.taken = piece, 0

    async def __aiter__(self):
        while True:
            self.taken += len(self.piece)
            yield self.piece


@pytest.fixture
def where(lab):
    return deployment(lab, "openai chat")


@pytest.mark.parametrize(
    ("piece", "most"),
    [
        pytest.param(b"data: " + b"x" * (1 << 20), MAX_ANSWER_BYTES, id="a line"),
        pytest.param(b": quiet\n" * (1 << 17), MAX_STREAM_BYTES, id="a stream"),
    ],
)
async def test_a_line_or_a_stream_without_end_is_left_before_it_fills_the_memory(where, piece, most):
    endless = Endless(piece)
    model_client = client_of(
        lambda request: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=endless)
    )
    with pytest.raises(ModelError, match=f"longer than {most >> 20} MB") as failed:
        await said(model_client, where, ask(where, asked(), stream=True))
    assert failed.value.kind == "unreadable"
    assert endless.taken < most + 3 * len(piece)


async def test_an_answer_that_is_longer_than_any_models_is_unreadable(where):
    body = json.dumps({"choices": [{"message": {"content": "x" * MAX_ANSWER_BYTES}}]}).encode()
    with pytest.raises(ModelError, match="longer than 8 MB") as failed:
        await client_of(whole(body)).complete(where, ask(where, asked()))
    assert failed.value.kind == "unreadable"


@pytest.mark.parametrize("stream", [False, True])
async def test_while_a_long_answer_is_read_others_are_served(where, stream):
    # Each of these may begin a call, so that reading them takes long.
    text = "[f(x=" * 60_000
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "delta" if stream else "message": message, "finish_reason": "stop"}
    respond = (events if stream else whole)({"choices": [choice]})
    assert await turns_of_others(said(client_of(respond), where, ask(where, asked(), stream=stream))) > 30


async def turns_of_others(doing):
    """How often something else was done while *doing* was."""
    task, turns = asyncio.ensure_future(doing), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    await task
    return turns


async def test_a_mark_before_a_streams_first_event_is_none_of_it(where):
    answer, _ = await said(client_of(events(b"\xef\xbb\xbf", END)), where, ask(where, asked(), stream=True))
    assert answer.parts == (Text("Hi"),)


@pytest.mark.parametrize("name", ["openai chat", "groq", "openrouter", "anthropic", "gemini", "openai responses"])
async def test_a_stream_leaves_its_connection_to_the_next(lab, name):
    ports = []

    async def seen(response):
        ports.append(response.extensions["network_stream"].get_extra_info("client_addr"))

    model_client = ModelClient(httpx.AsyncClient(event_hooks={"response": [seen]}))
    where = deployment(lab, name)
    for _ in range(3):
        await said(model_client, where, ask(where, asked(), stream=True))
    await model_client.aclose()
    assert len(ports) == 3 and len(set(ports)) == 1


async def test_a_vendor_that_says_nothing_behind_the_end_is_not_waited_for(where):
    class Held(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"data: " + json.dumps(END).encode() + b"\n\ndata: [DONE]\n\n"
            await asyncio.Event().wait()

    model_client = client_of(
        lambda request: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Held())
    )
    answer, _ = await said(model_client, where, ask(where, asked(), stream=True))
    assert answer.parts == (Text("Hi"),)
