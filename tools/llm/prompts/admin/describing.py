"""The tool that a prompt describes, as the admin's pages show it."""

import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from tools.decisions import live as policies
from tools.definition.tool import ToolDefinition
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.of_tools import described_by, prompt_of
from tools.llm.prompts.rendering import Version
from tools.running.runtime import get_executor


def tool_of(prompt: str) -> ToolDefinition[..., Any] | None:
    """The tool that *prompt* describes; None where it is the prompt of none."""
    registry = get_executor().registry
    name = described_by(prompt, registry.names())
    return registry.get(name) if name else None


def said_in_settings(tool: ToolDefinition[..., Any]) -> str:
    """What models are told of *tool* as long as no prompt describes it."""
    return policies.policy(tool).description or tool.schema.description


def first_version(prompt: Prompt) -> Version | None:
    """What a prompt without a version begins with: what models are told of its tool now. None without a tool."""
    tool = tool_of(prompt.name)
    if tool is None:
        return None
    # Braces mean something in a prompt, and nothing in a description.
    text = said_in_settings(tool).replace("{{", "{{{{")
    return Version(prompt.name, 0, {(Family.DETAILED, Rung.DETAILED): text})


def in_tools(tool: ToolDefinition[..., Any], text: str) -> str:
    """*tool* as it is offered to models with *text* for its description, as JSON."""
    return json.dumps(tool.definition(text), indent=2, ensure_ascii=False)


def page_of(tool: str) -> tuple[str, bool]:
    """The page of the prompt that describes *tool*, and whether there is one: else the form that makes it."""
    name = prompt_of(tool)
    if (pk := Prompt.objects.filter(name=name).values_list("pk", flat=True).first()) is not None:
        return reverse("admin:prompts_prompt_change", args=[pk]), True
    wanted = {"name": name, "purpose": f"What models are told of the tool {tool}."}
    return f"{reverse('admin:prompts_prompt_add')}?{urlencode(wanted)}", False
