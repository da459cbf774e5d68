"""One turn with just one version, for a person at its page. What asks models is loaded by the first who runs one."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync

from tools.errors import ToolError
from tools.llm.chat.body import ChatBody
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.rendering import Version
from tools.web.access import Client

if TYPE_CHECKING:
    from tools.llm.providers.snapshot import Known

AGENT = "prompt trial"
MOST_S = 60.0
MOST_ROUNDS = 5
# Where nobody is paid for an answer: the echo, and servers on this machine, such as the lab.
FREE_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "echo"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a version can be tried with. ``costs`` says whether a vendor is paid for that."""

    name: str
    words: str
    costs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it: an answer as POST /chat has it, or why there is none; ``trace_id`` finds the spans."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    trace_id: str = ""


def choices() -> list[Choice]:
    """The routes, then the deployments, as far as they can be asked."""
    from tools.llm.providers import live

    able = {known.name: known for known in live.deployments() if not known.lacks}
    routes = {
        name: [able[entry.deployment.name] for entry in entries if entry.deployment.name in able]
        for name, entries in live.routes().items()
    }
    return [
        *(Choice(name, f"route {name}", any(map(is_paid, found))) for name, found in routes.items() if found),
        *(Choice(known.name, f"{known.name} ({known.deployment.model})", is_paid(known)) for known in able.values()),
    ]


def is_paid(known: "Known") -> bool:
    return (urlsplit(known.deployment.base_url).hostname or "") not in FREE_HOSTS


def tried(version: Version, values: Mapping[str, str], body: ChatBody, client: Client) -> Tried:
    """The turn that *body* asks for, told by *version* with *values*. Asks a model."""
    return async_to_sync(_tried)(version, values, body, client)


async def _tried(version: Version, values: Mapping[str, str], body: ChatBody, client: Client) -> Tried:
    from tools.llm.adapters.errors import ModelError
    from tools.llm.turns import TurnFailed

    try:
        return await _asked(version, values, body, client)
    except TurnFailed as error:
        return Tried(error=str(error), trace_id=error.turn.trace_id)
    except (ModelError, PromptError, ToolError) as error:
        return Tried(error=str(error))


async def _asked(version: Version, values: Mapping[str, str], body: ChatBody, client: Client) -> Tried:
    from tools.llm import pricing
    from tools.llm.calling import ModelClient
    from tools.llm.chat.asking import limits_of, requested, tools_of
    from tools.llm.chat.events import answer_of
    from tools.llm.providers import live
    from tools.llm.transcript import Text, Transcript
    from tools.llm.turns import Question, Turn, Turns
    from tools.llm.turns.descriptions import Described
    from tools.llm.turns.question import Exactly
    from tools.llm.turns.turn import Called
    from tools.running.runtime import get_executor

    executor, request = get_executor(), requested(body, client)
    route = live.route(body.route)
    offered = tools_of(body, executor, request.get("caller_role", ""))
    telling = Described(Exactly(version, values), tuple(offered))
    question = Question(transcript=Transcript().ask(Text(body.text)), telling=telling, tools=offered)
    models = ModelClient()
    called: list[Called] = []
    try:
        run = Turns(models, executor, price=pricing.usd)
        async with aclosing(run.whole(route, question, limits=limits_of(body), agent=AGENT, **request)) as events:
            async for event in events:
                if isinstance(event, Called):
                    called.append(event)
                elif isinstance(event, Turn):
                    return Tried(answer=answer_of("", event, called), trace_id=event.trace_id)
    finally:
        await models.aclose()
    raise AssertionError("A turn ends with itself.")
