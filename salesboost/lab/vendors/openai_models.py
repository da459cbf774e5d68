"""What OpenAI's models take and refuse, by their names."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.vendors.base import Refused

GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?(?!\d|o)")
O_MODEL = re.compile(r"o[1-9](?:-|$)")
# From their last day on they answer 404.
RETIRED: Mapping[str, str] = {
    **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro", "o3"), "2026-12-11"),
    **dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"), "2027-01-14"),
}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# That another effort is "none" is no way out for these: they always think.
ALWAYS_THINK = re.compile(r"gpt-6\.1-sol|gpt-5(?!\.)|o[1-9]")
NOT_SAMPLED = ("top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias")


def version(model: str) -> tuple[int, int]:
    """Which GPT *model* is, such as (5, 4); (0, 0) for any other."""
    found = GPT.match(model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def reasons(model: str) -> bool:
    """Whether *model* thinks before it answers."""
    return bool(O_MODEL.match(model)) or version(model) >= (5, 0)


def effort_of(body: Mapping[str, Any]) -> Any:
    """The effort that a request asks for, in either interface's words; None where it asks for none of its own."""
    reasoning = body.get("reasoning")
    return reasoning.get("effort") if isinstance(reasoning, Mapping) else body.get("reasoning_effort")


def check_effort(body: Mapping[str, Any], param: str) -> None:
    """Raises Refused for an effort that the model does not know."""
    effort, model = effort_of(body), str(body.get("model"))
    if effort is None:
        return
    if not reasons(model):
        raise Refused(
            f"Unsupported parameter: '{param}' is not supported with this model.",
            kind="unsupported_parameter",
            param=param,
        )
    known = [one for one in EFFORTS if one != "none" or not ALWAYS_THINK.match(model)]
    if effort not in known:
        raise Refused(
            f"Unsupported value: '{effort}' is not supported with the '{model}' model. "
            f"Supported values are: {', '.join(repr(one) for one in known)}.",
            kind="unsupported_value",
            param=param,
        )


def check_sampling(body: Mapping[str, Any]) -> None:
    """Raises Refused for what a model that thinks does not take; one that is told not to takes all."""
    if not reasons(str(body.get("model"))) or effort_of(body) == "none":
        return
    temperature = body.get("temperature")
    if temperature not in (None, 1):
        raise Refused(
            f"Unsupported value: 'temperature' does not support {temperature} with this model. "
            "Only the default (1) value is supported.",
            kind="unsupported_value",
            param="temperature",
        )
    for name in NOT_SAMPLED:
        if body.get(name) not in (None, 0, False, {}) and not (name == "top_p" and body[name] == 1):
            raise Refused(
                f"Unsupported parameter: '{name}' is not supported with this model.",
                kind="unsupported_parameter",
                param=name,
            )


def check_chat(body: Mapping[str, Any]) -> None:
    """Raises Refused for what a model takes in the Responses API only, or by another name."""
    model = str(body.get("model"))
    if reasons(model) and body.get("max_tokens") is not None:
        raise Refused(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            kind="unsupported_parameter",
            param="max_tokens",
        )
    check_effort(body, "reasoning_effort")
    check_sampling(body)
    has_functions = any(
        isinstance(one, Mapping) and one.get("type") == "function" for one in body.get("tools") or ()
    )
    if version(model) >= (5, 4) and has_functions and effort_of(body) != "none":
        raise Refused(
            f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
            "Please use /v1/responses instead.",
            param="reasoning_effort",
        )
