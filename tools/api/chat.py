"""Conversations with models, over REST."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from ninja import Router

from tools.api.rest import ApiRequest, answer, may_execute
from tools.llm.chat.body import CHAT, ChatBody
from tools.web.bodies import describe, read_body
from tools.web.idempotency_key import IDEMPOTENCY_KEY, read_idempotency_key
from tools.web.problem import REPLAYED
from tools.web.sockets.doorkeeper import DOORKEEPER
from tools.web.sockets.tickets import Ticket, ticket_of_request
from tools.web.sse import Limits, may_run, named, stream_response

if TYPE_CHECKING:
    from tools.llm.chat.events import Told

router = Router(auth=[may_execute])
ONCE = IDEMPOTENCY_KEY | {
    "description": "The last turn of a conversation is not had again by its key: its answer is given once more."
}
EVENTS = {
    "responses": {
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "description": "With `stream`: delta, discard, calling, called, then answer or error.",
                }
            },
        }
    }
}


@router.post("/chat", response=CHAT, openapi_extra={**describe(ChatBody, [ONCE]), **EVENTS})
async def chat(request: ApiRequest) -> Any:
    """Say something to a model, which may call tools until it answers.

    With `stream` events come as they happen: `delta` (text, reasoning, calls as they grow), `discard` (forget what
    was told of this answer), `calling`, `called`, and `answer` or `error`. Who goes away stops the model. With an
    Idempotency-Key the last turn of a conversation is had once, however often it is asked for.
    """
    from tools.llm.chat.serving import serve  # 10 MB, which a process that never asks a model does without

    body = read_body(request, ChatBody)
    events = serve(body, request.auth, read_idempotency_key(request, request.auth.name))
    if body.stream:
        return await stream_response(events, ticket_of_request(request), Limits(), written)
    return await whole(events, ticket_of_request(request))


async def whole(events: AsyncGenerator["Told"], ticket: Ticket) -> HttpResponse:
    """The answer of *events*, as long as who came with *ticket* may run tools."""
    async with aclosing(events):
        async for event in events:
            if event.name == "calling":
                async with DOORKEEPER.watched(ticket, may_run):
                    pass  # they may still
            if event.name == "answer":
                response = answer(event.about)
                if event.replayed:
                    response.headers[REPLAYED] = "true"
                return response
    raise AssertionError("A turn ends with its answer.")


def written(event: "Told") -> bytes:
    return named(event.name.encode(), event.about)
