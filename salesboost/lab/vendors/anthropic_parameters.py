"""What Anthropic refuses of a request beside its messages; the words are as the vendor has them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.anthropic_models import Rules
from salesboost.lab.vendors.anthropic_thinking import kind_of
from salesboost.lab.vendors.base import Refused

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
LEAST_BUDGET = 1024
# That which the model does by itself is taken from whoever spells it out.
DEFAULTS = {"temperature": 1, "top_p": 1, "top_k": None}
UNKNOWN = ("frequency_penalty", "presence_penalty", "max_completion_tokens", "reasoning_effort", "response_format")


def check(body: Mapping[str, Any], rules: Rules) -> None:
    for step in (_tokens, _unknown, _sampling, _effort, _thinking, _tools, _choice):
        step(body, rules)


def _tokens(body: Mapping[str, Any], rules: Rules) -> None:
    most = body.get("max_tokens")
    if most is None:
        raise Refused("max_tokens: Field required")
    if not isinstance(most, int) or isinstance(most, bool):
        raise Refused("max_tokens: Input should be a valid integer")
    if most < 1:
        raise Refused("max_tokens: Input should be greater than or equal to 1")
    if most > rules.most_tokens:
        raise Refused(
            f"max_tokens: {most} > {rules.most_tokens}, which is the maximum allowed number of output tokens for "
            f"{body['model']}"
        )


def _unknown(body: Mapping[str, Any], rules: Rules) -> None:
    for name in UNKNOWN:
        if name in body:
            raise Refused(f"{name}: Extra inputs are not permitted")


def _sampling(body: Mapping[str, Any], rules: Rules) -> None:
    given = {name for name, usual in DEFAULTS.items() if body.get(name) not in (None, usual)}
    for name in DEFAULTS:
        if name in given and not rules.sampling:
            raise Refused(f"`{name}` is deprecated for this model.")
    if not rules.both_samplings and {"temperature", "top_p"} <= body.keys():
        raise Refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if "temperature" in given and kind_of(body, rules) in ("enabled", "adaptive"):
        raise Refused("`temperature` may only be set to 1 when thinking is enabled.")


def _effort(body: Mapping[str, Any], rules: Rules) -> None:
    config = body.get("output_config")
    effort = config.get("effort") if isinstance(config, Mapping) else None
    if effort is None:
        return
    if not rules.efforts:
        raise Refused("This model does not support the effort parameter.")
    if effort not in rules.efforts:
        known = ", ".join(rules.efforts)
        raise Refused(f"This model does not support effort level '{effort}'. Supported levels: {known}.")
    kind = kind_of(body, rules)
    if kind in ("disabled", "between_tools") and effort in rules.no_effort_disabled:
        raise Refused(f"output_config.effort: '{effort}' is not supported with thinking.type '{kind}'.")


def _thinking(body: Mapping[str, Any], rules: Rules) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    if kind not in ("enabled", "adaptive", "disabled", "between_tools"):
        raise Refused("thinking: Input tag found using 'type' does not match any of the expected tags")
    if kind not in rules.kinds:
        raise Refused(
            f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.{rules.kinds[0]}"'
            + (' and "output_config.effort" to control thinking behavior.' if rules.efforts else ".")
        )
    if thinking.get("display", "omitted") not in ("omitted", "summarized"):
        raise Refused("thinking.display: Input should be 'omitted' or 'summarized'")
    if kind == "enabled":
        _budget(body, thinking.get("budget_tokens"))


def _budget(body: Mapping[str, Any], budget: Any) -> None:
    if budget is None:
        raise Refused("thinking.enabled.budget_tokens: Field required")
    if not isinstance(budget, int) or budget < LEAST_BUDGET:
        raise Refused(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}")
    if budget >= body["max_tokens"]:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _tools(body: Mapping[str, Any], rules: Rules) -> None:
    tools: Sequence[Any] = body.get("tools") or ()
    for place, tool in enumerate(tools):
        if not isinstance(tool, Mapping):
            raise Refused(f"tools.{place}: Input should be a valid dictionary")
        if tool.get("type") in rules.refused_tools:
            raise Refused(f"'{body['model']}' does not support tool types: {tool['type']}.")
        if is_own(tool):
            _tool(f"tools.{place}.custom", tool)
    names = [tool.get("name") for tool in tools]
    if len(names) != len(set(names)):
        raise Refused("tools: Tool names must be unique.")


def is_own(tool: Mapping[str, Any]) -> bool:
    """Whether who asks has made *tool*, and not Anthropic."""
    return tool.get("type") in (None, "custom")


def _tool(where: str, tool: Mapping[str, Any]) -> None:
    if not isinstance(tool.get("name"), str):
        raise Refused(f"{where}.name: Field required")
    if not TOOL_NAME.fullmatch(tool["name"]):
        raise Refused(f"{where}.name: String should match pattern '^{TOOL_NAME.pattern}$'")
    schema = tool.get("input_schema")
    if not isinstance(schema, Mapping):
        raise Refused(f"{where}.input_schema: Field required")
    if "type" not in schema:
        raise Refused(f"{where}.input_schema.type: Field required")
    if schema["type"] != "object":
        raise Refused(f"{where}.input_schema.type: Input should be 'object'")
    for word in ("oneOf", "allOf", "anyOf"):
        if word in schema:
            raise Refused(
                f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
            )


def _choice(body: Mapping[str, Any], rules: Rules) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, Mapping) else None
    if kind not in ("auto", "any", "tool", "none"):
        raise Refused("tool_choice: Input tag found using 'type' does not match any of the expected tags")
    if not body.get("tools"):
        raise Refused("tool_choice: `tool_choice` may only be specified while providing `tools`.")
    if kind == "tool" and choice.get("name") not in {tool.get("name") for tool in body["tools"]}:
        raise Refused(f"Tool '{choice.get('name')}' not found in provided tools")
    if kind not in ("any", "tool"):
        return
    if not rules.forced:
        raise Refused('tool_choice: type "tool" and "any" are not supported for this model.')
    if kind_of(body, rules) in ("enabled", "adaptive") and not rules.forced_thinking:
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")
