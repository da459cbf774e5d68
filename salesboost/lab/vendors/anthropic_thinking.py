"""Thoughts: whether a model has them, and signatures that hold for a model, a conversation and an account."""

from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.anthropic_models import Rules
from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.signing import digest, opened, signed

THOUGHTS = ("thinking", "redacted_thinking")
BINDING_BETA = "thinking-binding-controls-2026-08-01"
MODIFIED = (
    "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
    "These blocks must remain as they were in the original response."
)
ELSEWHERE = (
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block or "
    'set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block". This setting requires '
    f"`{BINDING_BETA}` in the `anthropic-beta` header."
)


def kind_of(body: Mapping[str, Any], rules: Rules) -> str:
    """How *body* has the model think: the word in ``thinking``, or what the model does by itself."""
    thinking = body.get("thinking")
    if isinstance(thinking, Mapping):
        return str(thinking.get("type", ""))
    return "adaptive" if rules.thinks else "disabled"


def thinks_now(body: Mapping[str, Any], rules: Rules) -> bool:
    """Whether the answer to *body* begins with a thought."""
    kind = kind_of(body, rules)
    if kind == "between_tools":
        return any(block.get("type") == "tool_result" for block in blocks_of(last_message(body)))
    return kind in ("enabled", "adaptive")


def shows_thoughts(body: Mapping[str, Any], rules: Rules) -> bool:
    thinking = body.get("thinking")
    display = thinking.get("display") if isinstance(thinking, Mapping) else None
    return bool(display == "summarized" or (display is None and not rules.omits))


def last_message(body: Mapping[str, Any]) -> Mapping[str, Any]:
    messages = body.get("messages") or [{}]
    return messages[-1] if isinstance(messages[-1], Mapping) else {}


def blocks_of(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The blocks of *message*; a text is one."""
    content = message.get("content", "")
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def facts(
    body: Mapping[str, Any], *, count: int, text: str, account: str, kind: str = "thinking"
) -> dict[str, str]:
    """What a thought before message *count* is bound to."""
    before = [
        {"role": message["role"], "content": [without_cache(block) for block in blocks_of(message)]}
        for message in body["messages"][:count]
    ]
    prefix = {"system": without_cache(body.get("system")), "tools": without_cache(body.get("tools"))}
    return {
        "kind": kind,
        "model": str(body["model"]),
        "prefix": digest({**prefix, "messages": before}),
        "text": digest(text),
        "account": digest(account),
    }


def without_cache(value: Any) -> Any:
    """*value* without marks of what to cache, which are no part of a conversation."""
    if isinstance(value, Mapping):
        return {name: without_cache(each) for name, each in value.items() if name != "cache_control"}
    return [without_cache(each) for each in value] if isinstance(value, list) else value


def signature(body: Mapping[str, Any], text: str, account: str, kind: str = "thinking") -> str:
    """For a thought in the answer to *body*."""
    return signed(facts(body, count=len(body["messages"]), text=text, account=account, kind=kind))


def check(body: Mapping[str, Any], rules: Rules, account: str, headers: Mapping[str, str]) -> None:
    """Refuse thoughts that came from elsewhere or were changed, and calls that lost theirs."""
    for count, message in enumerate(body["messages"]):
        for place, block in enumerate(blocks_of(message)):
            if block.get("type") in THOUGHTS:
                _check_block(body, rules, block, f"messages.{count}.content.{place}", (count, account, headers))
    if kind_of(body, rules) == "enabled" or (rules.thinks_first and kind_of(body, rules) == "adaptive"):
        _check_first(body["messages"])


def _check_block(
    body: Mapping[str, Any],
    rules: Rules,
    block: Mapping[str, Any],
    where: str,
    at: tuple[int, str, Mapping[str, str]],
) -> None:
    count, account, headers = at
    kind = block["type"]
    name, text = ("signature", block.get("thinking")) if kind == "thinking" else ("data", "")
    if kind == "thinking" and not isinstance(text, str):
        raise Refused(f"{where}.thinking.thinking: Field required")
    if not isinstance(block.get(name), str):
        raise Refused(f"{where}.{kind}.{name}: Field required")
    had = opened(block[name])
    if had is None or had.get("kind") != kind:
        raise Refused(f"{where}: Invalid `{name}` in `{kind}` block")
    now = facts(body, count=count, text=str(text), account=account, kind=kind)
    if had["text"] != now["text"]:
        raise Refused(f"{where}: {MODIFIED}")
    differ = [each for each in rules.bound if had[each] != now[each]]
    if differ == ["prefix"]:
        if not drops_unbound(body, headers):
            raise Refused(f"{where}: {ELSEWHERE}")
    elif differ:
        raise Refused(f"{where}: Invalid `{name}` in `{kind}` block")


def drops_unbound(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether *body* asks to go on without the thoughts of another conversation."""
    thinking = body.get("thinking")
    binding = thinking.get("block_binding") if isinstance(thinking, Mapping) else None
    asked = isinstance(binding, Mapping) and binding.get("prefix_mismatch_behavior") == "drop_block"
    return asked and BINDING_BETA in headers.get("anthropic-beta", "")


def _check_first(messages: Sequence[Mapping[str, Any]]) -> None:
    """The message whose calls are now answered has to begin with its thoughts."""
    if len(messages) < 2 or messages[-1]["role"] != "user":
        return
    is_answered = any(block.get("type") == "tool_result" for block in blocks_of(messages[-1]))
    first = next(iter(blocks_of(messages[-2])), {}).get("type")
    if is_answered and first not in THOUGHTS:
        raise Refused(
            f"messages.{len(messages) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            f"`{first}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block "
            "(preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include "
            "thinking blocks from previous turns. To avoid this requirement, disable `thinking`."
        )
