"""From what somebody sent to what a model is asked."""

from typing import Any

from tools.calls.request import Request
from tools.decisions.live import policy as live_policy
from tools.definition.policy import ToolPolicy
from tools.definition.tool import ToolDefinition
from tools.llm.chat.body import ALL, ChatBody
from tools.llm.images import BadImage, picture
from tools.llm.transcript import Text, Transcript
from tools.llm.turns import Limits, Question
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Prompted, Words
from tools.running.executor import ToolExecutor
from tools.web.access import Client


async def question_of(body: ChatBody, offered: list[ToolDefinition[..., Any]], before: Transcript) -> Question:
    """What the model is asked, *before* being what was said already. Raises BadImage and BadTranscript."""
    said = [Text(body.text)] if body.text.strip() else []
    pictures = [await picture(address(each)) for each in body.images]
    telling = Prompted(body.prompt, body.label, body.variables) if body.prompt else Words(body.system)
    return Question(
        transcript=before.ask(*said, *pictures),
        telling=Described(telling, tuple(offered)),
        tools=offered,
        choice=body.choice,
        max_output_tokens=body.max_output_tokens,
        temperature=body.temperature,
        effort=body.effort,
    )


def address(said: str) -> str:
    """*said*, if it is an address. Raises BadImage: a path would be one of this machine's files."""
    if not said.startswith(("data:", "http://", "https://")):
        raise BadImage("A picture is a data URL or an address that begins with https://.")
    return said


def tools_of(body: ChatBody, executor: ToolExecutor, role: str) -> list[ToolDefinition[..., Any]]:
    """The tools that the model is offered; of all, those that *role* may call. Raises UnknownTool."""
    if ALL in body.tools:
        return [tool for tool in executor.registry.all() if may_call(live_policy(tool), role)]
    return [executor.registry.get(name) for name in dict.fromkeys(body.tools)]


def may_call(policy: ToolPolicy, role: str) -> bool:
    return policy.enabled and (not policy.roles or role in policy.roles)


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


def limits_of(body: ChatBody) -> Limits:
    return Limits(rounds=body.rounds, tokens=body.tokens, usd=body.usd, seconds=body.deadline_s)
