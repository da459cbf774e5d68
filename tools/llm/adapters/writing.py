"""What requests of all vendors are made of: ids, texts, and which call a result answers."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from tools.definition.dialects import DIALECTS, Export, NameMap
from tools.definition.dialects import export as exported
from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Ask
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.transcript import Call, Image, Role, Transcript

MUST_CALL = "Answer by calling the tool {name}."
MUST_CALL_ANY = "Answer by calling one of the tools."


def checked(ask: Ask) -> Ask:
    """*ask* itself. Raises ModelError for what its model cannot be asked."""
    last = ask.transcript.messages[-1] if ask.transcript.messages else None
    if last is None or last.role is Role.ASSISTANT:
        raise ModelError(
            ErrorKind.INVALID, "Nothing was asked: the conversation has to end with a user or a result"
        )
    if ask.transcript.open_calls:
        raise ModelError(ErrorKind.INVALID, "A call has no result yet")
    if not ask.can.vision and any(isinstance(part, Image) for message in ask.transcript for part in message.parts):
        raise ModelError(ErrorKind.CAPABILITY, f"{ask.origin.model!r} takes no pictures")
    if ask.tools and not ask.can.tools:
        raise ModelError(ErrorKind.CAPABILITY, f"{ask.origin.model!r} calls no tools")
    check_choice(ask)
    return ask


def check_choice(ask: Ask) -> None:
    """Raises ModelError where a call is asked for that the tools do not have."""
    names = {tool.name for tool in ask.tools}
    if ask.choice == REQUIRED and not names:
        raise ModelError(ErrorKind.INVALID, "A tool has to be called, and there is none: offer the model some")
    if ask.choice not in (AUTO, NONE, REQUIRED) and ask.choice not in names:
        raise ModelError(
            ErrorKind.INVALID, f"The tool {ask.choice!r} has to be called, and is not among the tools"
        )


def export_of(ask: Ask, dialect: str) -> Export:
    """The tools of *ask* in *dialect*, with names also for those that were called and are no longer offered."""
    called = (call.name for message in ask.transcript for call in message.calls)
    names = NameMap([*(tool.name for tool in ask.tools), *called], DIALECTS[dialect].names)
    return exported(ask.tools, dialect, ask.descriptions, names=names, shared=True)


# A longer one is refused by the vendors whose models wrote it, and so would be all that is said after it.
MAX_ID_CHARS = 64


def wire_ids(ask: Ask) -> dict[str, str]:
    """The id on the wire of each call, by ours: the vendor's where it goes back to who gave it, and is unique."""
    ids: dict[str, str] = {}
    taken = set(calls_by_id(ask.transcript))
    for message in ask.transcript:
        for call in message.calls:
            # The first that has it keeps it, so that no id of a message that was sent ever changes.
            has_one = 0 < len(call.vendor_id) <= MAX_ID_CHARS and call.vendor_id not in taken
            is_theirs = has_one and message.origin == ask.origin
            ids[call.call_id] = call.vendor_id if is_theirs else call.call_id
            taken.add(ids[call.call_id])
    return ids


def arguments_json(arguments: Any) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{b64encode(image.data).decode()}"


def calls_by_id(transcript: Transcript) -> Mapping[str, Call]:
    return {call.call_id: call for message in transcript for call in message.calls}


class Changes(list[str]):
    """What a request says otherwise than it was asked, one sentence each."""

    def temperature(self, ask: Ask) -> float | None:
        if ask.temperature is not None and not ask.can.sampling:
            self.append("The temperature was left out: the model takes none.")
            return None
        return ask.temperature

    def effort(self, ask: Ask) -> str:
        """The effort that is sent: the one asked for, or the nearest below it that the model has."""
        if not ask.effort:
            return ""
        if not ask.can.efforts:
            self.append("The effort was left out: the model takes none.")
            return ""
        if ask.effort in ask.can.efforts:
            return ask.effort
        sent = nearest(ask.effort, ask.can.efforts)
        self.append(f"The effort {ask.effort!r} was sent as {sent!r}: the model has no other near it.")
        return sent

    def tokens(self, ask: Ask) -> int:
        if ask.max_output_tokens > ask.can.max_output_tokens:
            self.append(f"At most {ask.can.max_output_tokens} tokens were asked for: the model writes no more.")
        return min(ask.max_output_tokens, ask.can.max_output_tokens)

    def must_call(self, ask: Ask) -> str:
        """``required`` or a tool's name where it can only be asked for in words; else ''."""
        if not ask.tools or ask.choice in (AUTO, NONE) or ask.can.forced_tool_choice:
            return ""
        self.append("That a tool has to be called was said in words: the model cannot be made to.")
        return ask.choice


ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def nearest(effort: str, known: tuple[str, ...]) -> str:
    """That one of *known* which is nearest to *effort*, the lower of two; the first where *effort* is no word."""
    if effort not in ORDER:
        return known[0]
    at = ORDER.index(effort)
    ranked = sorted((abs(ORDER.index(one) - at), ORDER.index(one), one) for one in known if one in ORDER)
    return ranked[0][2] if ranked else known[0]


def asked_in_words(must_call: str, names: NameMap) -> str:
    """What stands behind the instructions where a call is only asked for."""
    if not must_call:
        return ""
    return MUST_CALL_ANY if must_call == REQUIRED else MUST_CALL.format(name=names.exported(must_call))


def texts_joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text.strip())
