"""What Anthropic refuses of a conversation; the words are as the vendor has them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.anthropic_models import Rules
from salesboost.lab.vendors.anthropic_thinking import blocks_of
from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.pictures import check_anthropic

USED_NAME = re.compile(r"[a-zA-Z0-9_-]{1,200}")
USED_ID = re.compile(r"[a-zA-Z0-9_-]+")
SERVER_ID = re.compile(r"srvtoolu_[a-zA-Z0-9_]+")
# The kind of a block, and what it cannot do without.
BLOCKS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "image": ("source",),
    "document": ("source",),
    "search_result": ("source", "title", "content"),
    "container_upload": ("file_id",),
    "tool_use": ("id", "name", "input"),
    "tool_result": ("tool_use_id",),
    "thinking": (),  # these two by anthropic_thinking
    "redacted_thinking": (),
    "server_tool_use": ("id", "name", "input"),
}
Message = Mapping[str, Any]


def check(body: Mapping[str, Any], rules: Rules) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise Refused("messages: Field required")
    if not messages:
        raise Refused("messages: at least one message is required")
    for place, message in enumerate(messages):
        _check_message(place, message, rules, is_last=place == len(messages) - 1)
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    _check_ids(messages)
    for place in range(len(messages)):
        _check_pairs(messages, place)
        _check_server_results(place, messages[place])
    _check_end(messages[-1], rules)


def _check_message(place: int, message: Any, rules: Rules, *, is_last: bool) -> None:
    if not isinstance(message, Mapping):
        raise Refused(f"messages.{place}: Input should be a valid dictionary")
    role = message.get("role")
    if role == "system" and not rules.system_inside:
        raise Refused(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
            '"system" as an input message role.'
        )
    if role not in ("user", "assistant", "system"):
        raise Refused(f"messages.{place}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    if not isinstance(content, str | list):
        raise Refused(f"messages.{place}.content: Field required")
    if not content and not (is_last and role == "assistant"):
        raise Refused(
            f"messages.{place}: all messages must have non-empty content except for the optional final assistant "
            "message"
        )
    for number, block in enumerate(blocks_of(message)):
        _check_block(f"messages.{place}.content.{number}", block, str(role))


def _check_block(where: str, block: Any, role: str) -> None:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(kind, str) or (kind not in BLOCKS and not kind.endswith("_tool_result")):
        raise Refused(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
            + ", ".join(f"'{known}'" for known in BLOCKS)
        )
    for name in BLOCKS.get(kind, ("tool_use_id",)):
        if name not in block:
            raise Refused(f"{where}.{kind}.{name}: Field required")
    check_anthropic(where, block)
    if kind == "text" and not block["text"]:
        raise Refused("messages: text content blocks must be non-empty")
    if kind == "tool_result" and role != "user":
        raise Refused(f"{where}: `tool_result` blocks can only be in `user` messages")
    if kind in ("tool_use", "server_tool_use"):
        if role != "assistant":
            raise Refused(f"{where}: `{kind}` blocks can only be in `assistant` messages")
        _check_use(f"{where}.{kind}", block, SERVER_ID if kind == "server_tool_use" else USED_ID)


def _check_use(where: str, block: Mapping[str, Any], ids: re.Pattern[str]) -> None:
    if not ids.fullmatch(str(block["id"])):
        raise Refused(f"{where}.id: String should match pattern '^{ids.pattern}$'")
    if not USED_NAME.fullmatch(str(block["name"])):
        raise Refused(f"{where}.name: String should match pattern '^{USED_NAME.pattern}$'")
    if not isinstance(block["input"], Mapping):
        raise Refused(f"{where}.input: Input should be a valid dictionary")


def _check_ids(messages: Sequence[Message]) -> None:
    used = Counter(each for message in messages for each in ids_of(message, "tool_use"))
    if any(times > 1 for times in used.values()):
        raise Refused("messages: `tool_use` ids must be unique")
    for place, message in enumerate(messages):
        answered = Counter(ids_of(message, "tool_result"))
        if twice := [each for each, times in answered.items() if times > 1]:
            raise Refused(
                f"messages.{place}: each tool_use must have a single result. Found multiple `tool_result` blocks "
                f"with id: {twice[0]}"
            )


def _check_pairs(messages: Sequence[Message], place: int) -> None:
    """Calls are answered by what the next message begins with, and nothing else is answered."""
    asked = ids_of(messages[place - 1], "tool_use") if place else []
    for number, block in enumerate(blocks_of(messages[place])):
        if block["type"] == "tool_result" and block["tool_use_id"] not in asked:
            raise Refused(
                f"messages.{place}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` block in "
                "the previous message."
            )
    if place == len(messages) - 1:
        followed: list[str] = []
    else:
        followed = leading_results(messages[place + 1])
    missing = [each for each in ids_of(messages[place], "tool_use") if each not in followed]
    if missing:
        raise Refused(
            f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
            "next message."
        )


def _check_server_results(place: int, message: Message) -> None:
    """What Anthropic's own tools answered stands behind their calls, in the same message."""
    before: set[str] = set()
    for number, block in enumerate(blocks_of(message)):
        kind = block["type"]
        if kind == "server_tool_use":
            before.add(block["id"])
        elif kind.endswith("_tool_result") and kind != "tool_result" and block["tool_use_id"] not in before:
            raise Refused(
                f"messages.{place}.content.{number}: unexpected `tool_use_id` found in `{kind}` blocks: "
                f"{block['tool_use_id']}. Each `{kind}` block must have a corresponding `server_tool_use` block "
                "before it."
            )


def _check_end(last: Message, rules: Rules) -> None:
    if last["role"] != "assistant":
        return
    # A turn that was paused for tools of Anthropic's own is sent back as it is, to go on.
    if any(block["type"] == "server_tool_use" for block in blocks_of(last)):
        return
    if not rules.prefill:
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    text = next((block["text"] for block in reversed(blocks_of(last)) if block["type"] == "text"), "")
    if text != text.rstrip():
        raise Refused("messages: final assistant content cannot end with trailing whitespace")


def ids_of(message: Message, kind: str) -> list[str]:
    """The ids in the blocks of *kind*, each as often as it stands there."""
    name = "tool_use_id" if kind == "tool_result" else "id"
    return [str(block[name]) for block in blocks_of(message) if block["type"] == kind]


def leading_results(message: Message) -> list[str]:
    """The calls that *message* answers before it says anything else."""
    found: list[str] = []
    for block in blocks_of(message):
        if block["type"] != "tool_result":
            break
        found.append(str(block["tool_use_id"]))
    return found
