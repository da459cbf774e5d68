"""From what somebody sent to what a model is asked."""

import asyncio
from hashlib import sha256
from typing import Any

from tools.calls.request import Request
from tools.decisions.live import policy as live_policy
from tools.definition.tool import ToolDefinition
from tools.llm.chat.body import ALL, ChatBody
from tools.llm.images import BadImage, picture
from tools.llm.transcript import Image, Text, Transcript
from tools.llm.turns import Limits, Question
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Prompted, Words
from tools.running.executor import ToolExecutor
from tools.web.access import Client

# As much as a kept conversation may hold of them.
MOST_PICTURE_BYTES = 6_000_000


async def question_of(
    body: ChatBody, offered: list[ToolDefinition[..., Any]], before: Transcript, *, goes_on: bool = False
) -> Question:
    """What the model is asked, *before* being what was said already, with these words in it if it *goes_on*.

    Raises BadImage and BadTranscript.
    """
    telling = Prompted(body.prompt, body.label, body.variables) if body.prompt else Words(body.system)
    return Question(
        transcript=before.closed() if goes_on else before.ask(*await said_in(body)),
        telling=Described(telling, tuple(offered)),
        tools=offered,
        choice=body.choice,
        max_output_tokens=body.max_output_tokens,
        temperature=body.temperature,
        effort=body.effort,
    )


async def said_in(body: ChatBody) -> list[Text | Image]:
    """What the user says. Raises BadImage, also where it takes as long as the whole turn may."""
    said: list[Text | Image] = [Text(body.text)] if body.text.strip() else []
    size = 0
    try:
        async with asyncio.timeout(body.deadline_s):
            for each in body.images:
                image = await picture(address(each))
                size += len(image.data)
                if size > MOST_PICTURE_BYTES:
                    raise BadImage(
                        f"The pictures have more than {MOST_PICTURE_BYTES // 1_000_000} MB: send fewer."
                    )
                said.append(image)
    except TimeoutError:
        raise BadImage("The pictures did not come in time: send them as data URLs, or allow more.") from None
    return said


def address(said: str) -> str:
    """*said*, if it is an address. Raises BadImage: a path would be one of this machine's files."""
    if not said.startswith(("data:", "http://", "https://")):
        raise BadImage("A picture is a data URL or an address that begins with https://.")
    return said


def tools_of(body: ChatBody, executor: ToolExecutor, role: str) -> list[ToolDefinition[..., Any]]:
    """The tools that the model is offered; of all, those that *role* may call. Raises UnknownTool."""
    named = [executor.registry.get(name) for name in dict.fromkeys(body.tools) if name != ALL]
    if ALL in body.tools:
        return [tool for tool in executor.registry.all() if live_policy(tool).may_be_called_by(role)]
    return named


def requested(body: ChatBody, client: Client) -> Request:
    """What holds for each call of a tool. Raises NotAuthorized for a role that is not the client's to claim."""
    return Request(
        caller_role=client.role(body.caller_role),
        caller_id=body.caller_id,
        context=body.context,
        api_key_name=client.key_name,
        sender=client.sender,
    )


def remembered(body: ChatBody) -> dict[str, Any]:
    """How *body* asks, for who goes on with it in a page: all but what it says."""
    said = {"route", "prompt", "label", "variables", "system", "tools"}
    limits = {"choice", "effort", "rounds", "caller_role"}
    return dict(body.model_dump(mode="json", include=said | limits))


def limits_of(body: ChatBody, took_s: float = 0.0) -> Limits:
    """What the turn may take, *took_s* of its time being over."""
    left_s = max(0.0, body.deadline_s - took_s)
    return Limits(rounds=body.rounds, tokens=body.tokens, usd=body.usd, seconds=left_s)


def digest_of(body: ChatBody) -> str:
    """Tells this question from others; how it is answered, streamed or not, is no part of it."""
    return sha256(body.model_dump_json(exclude={"stream"}).encode("utf-8", "surrogatepass")).hexdigest()
