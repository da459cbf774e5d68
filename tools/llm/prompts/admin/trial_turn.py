"""The turn by which a version is tried. Loads all that calls models: import it where somebody runs one."""

from collections.abc import Mapping
from contextlib import aclosing

from tools.errors import ToolError
from tools.llm import pricing
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import ModelClient
from tools.llm.chat.asking import limits_of, requested, tools_of
from tools.llm.chat.body import ChatBody
from tools.llm.chat.events import answer_of
from tools.llm.prompts.admin.describing import tool_of
from tools.llm.prompts.admin.trying import AGENT, Tried
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.rendering import Version
from tools.llm.providers import live
from tools.llm.transcript import Text, Transcript
from tools.llm.turns import Question, Turn, TurnFailed, Turns
from tools.llm.turns.descriptions import Described, DescribedBy
from tools.llm.turns.question import NO_WORDS, Exactly, Telling
from tools.llm.turns.turn import Called
from tools.running.runtime import get_executor
from tools.web.access import Client


async def tried(version: Version, values: Mapping[str, str], body: ChatBody, client: Client) -> Tried:
    """The turn that *body* asks for, told by *version* with *values*."""
    models = ModelClient()
    try:
        return await _asked(models, version, values, body, client)
    except TurnFailed as error:
        return Tried(error=str(error), trace_id=error.turn.trace_id)
    except (ModelError, PromptError, ToolError) as error:
        return Tried(error=str(error))
    finally:
        await models.aclose()


async def _asked(
    models: ModelClient, version: Version, values: Mapping[str, str], body: ChatBody, client: Client
) -> Tried:
    executor, request, route = get_executor(), requested(body, client), live.route(body.route)
    described = tool_of(version.prompt)
    wanted = body.model_copy(update={"tools": [*body.tools, described.name]}) if described else body
    offered = tools_of(wanted, executor, request.get("caller_role", ""))
    telling: Telling = Described(NO_WORDS if described else Exactly(version, values), tuple(offered))
    if described:
        telling = DescribedBy(telling, described.name, version)
    question = Question(transcript=Transcript().ask(Text(body.text)), telling=telling, tools=offered)
    run = Turns(models, executor, price=pricing.usd).whole
    called: list[Called] = []
    async with aclosing(run(route, question, limits=limits_of(body), agent=AGENT, **request)) as events:
        async for event in events:
            if isinstance(event, Called):
                called.append(event)
            elif isinstance(event, Turn):
                return Tried(answer=answer_of("", event, called), trace_id=event.trace_id)
    raise AssertionError("A turn ends with itself.")
