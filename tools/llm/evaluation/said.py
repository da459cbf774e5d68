"""The conversation of a case: what was said before, and what the model is asked. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from tools.llm.evaluation.fields import MESSAGE, Reader
from tools.llm.transcript import BadTranscript, Call, Result, Role, Text, Transcript

NOTHING = Transcript()


def conversation(case: Mapping[str, Any], reader: Reader) -> Transcript:
    """What *case* says, by ``say`` or ``messages``; what is wrong goes to *reader*."""
    said, messages = case.get("say"), case.get("messages")
    if bool(said) == bool(messages):
        reader.wrong("say", "the case needs either say, one text of the user's, or messages: write one of the two")
        return NOTHING
    try:
        if said:
            return NOTHING.ask(said)
        transcript = NOTHING
        for number, raw in enumerate(messages or (), 1):
            with reader.within(f"message {number}"):
                transcript = _with(transcript, reader.fields(raw, MESSAGE), number, reader)
    except BadTranscript as error:
        reader.wrong("messages", str(error).rstrip("."))
        return NOTHING
    if not transcript.messages or transcript.messages[-1].role is not Role.USER:
        reader.wrong("messages", "the last message has to be the user's: the model answers that one")
    return transcript


def _with(transcript: Transcript, message: Mapping[str, Any], number: int, reader: Reader) -> Transcript:
    """*transcript* and one message: of the user, of the assistant, or a call with its result."""
    if "user" in message:
        return transcript.ask(message["user"])
    if "call" in message:
        call = Call(message["call"], message.get("arguments", {}), call_id=f"call_{number}")
        try:
            said = json.dumps(message.get("result"), ensure_ascii=False)
        except (TypeError, ValueError) as error:
            reader.wrong("result", f"this cannot be written as JSON ({error}): write plain values")
            return transcript
        result = Result(call.call_id, said)
        return transcript.answer([call]).tell([result])
    if "assistant" in message:
        return transcript.answer([Text(message["assistant"])])
    reader.wrong("user", "the message says nothing: write user, assistant or call")
    return transcript
