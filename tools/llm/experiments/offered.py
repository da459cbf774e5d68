"""What a tool is to models, as experiments with tools compare it. Without a query."""

from typing import Any

from tools.decisions import live as decided
from tools.definition.tool import ToolDefinition
from tools.llm.experiments import kinds
from tools.llm.prompts import live as prompts
from tools.llm.prompts.of_tools import prompt_of


def as_offered(tool: ToolDefinition[..., Any]) -> str:
    """*tool* as it is offered now. Of a prompt that describes it, the version: its texts differ by model."""
    prompt = prompt_of(tool.name)
    said = prompts.version_named(prompt) if prompts.is_live(prompt) else decided.policy(tool).description
    return kinds.of_tool(tool.definition(said))
