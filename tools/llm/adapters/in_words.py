"""Calls and their results in words, for models that take none back."""

from collections.abc import Callable
from dataclasses import replace

from tools.llm.adapters.base import Ask
from tools.llm.adapters.writing import arguments_json
from tools.llm.transcript import Call, Message, Opaque, Role, Text, Transcript

Named = Callable[[str], str]
IN_WORDS = "Earlier calls went as text: the model calls no tools."


def with_calls_it_takes(ask: Ask, changes: list[str]) -> Ask:
    """*ask* with its calls in words where its model takes none, of which *changes* tells."""
    if ask.can.tools or not any(message.calls for message in ask.transcript):
        return ask
    changes.append(IN_WORDS)
    return replace(ask, transcript=all_in_words(ask.transcript))


def called_in_words(message: Message, results: Message, named: Named) -> tuple[Message, Message]:
    """A *message* with calls and that with their *results*, both in words; thoughts that led to the calls go."""
    said = [part for part in message.parts if not isinstance(part, Call | Opaque)]
    calls = [
        Text(f"I called {named(call.name)} with {arguments_json(call.arguments)}. ") for call in message.calls
    ]
    names = {call.call_id: named(call.name) for call in message.calls}
    told = [Text(f"{names[one.call_id]} answered: {one.content}") for one in results.results]
    return replace(message, parts=(*said, *calls)), Message(Role.USER, tuple(told))


def all_in_words(transcript: Transcript) -> Transcript:
    """*transcript* without a call. What the user says behind results is said with them: some take turns only."""
    written: list[Message] = []
    for message in transcript:
        if message.role is Role.TOOL:
            written[-1:] = called_in_words(written[-1], message, str)
        elif message.role is Role.USER and written and written[-1].role is Role.USER:
            written[-1] = replace(written[-1], parts=(*written[-1].parts, *message.parts))
        else:
            written.append(message)
    return Transcript(tuple(written))
