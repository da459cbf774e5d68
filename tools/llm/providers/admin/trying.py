"""One small request to a deployment, to see whether it answers."""

import os
import time
from dataclasses import dataclass, replace

from asgiref.sync import async_to_sync

from tools.llm.adapters.base import Answer, Ask
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import Deployment as Asked
from tools.llm.calling import ModelClient
from tools.llm.providers.keys import key_of
from tools.llm.providers.models import Deployment
from tools.llm.providers.reading import known_of
from tools.llm.transcript import Text, Transcript

QUESTION = "Answer with the one word: ready"
MOST_S = 20.0
MOST_TOKENS = 1000  # a model may think before it says a word
MOST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it, in one sentence for people."""

    worked: bool
    said: str


def tried(deployment: Deployment) -> Tried:
    """Asks *deployment*, also one that is switched off; the request is a span like any other."""
    _, lacks = key_of(deployment, os.environ)
    if lacks:
        return Tried(False, lacks)
    where = known_of(deployment, os.environ).deployment
    where = replace(where, timeout_s=min(MOST_S, where.timeout_s))
    began = time.monotonic()
    try:
        answer = async_to_sync(asked)(where)
    except ModelError as error:
        return Tried(False, f"{deployment} did not answer: {error}")
    took_ms = (time.monotonic() - began) * 1000
    return Tried(True, f"{deployment} answered in {took_ms:,.0f} ms: {words_of(answer)}")


async def asked(where: Asked) -> Answer:
    """The answer to a question of a few words. Raises ModelError."""
    client = ModelClient()
    try:
        ask = Ask(
            origin=where.origin,
            can=where.can,
            transcript=Transcript().ask(QUESTION),
            max_output_tokens=min(MOST_TOKENS, where.can.max_output_tokens),
        )
        return await client.complete(where, ask)
    finally:
        await client.aclose()


def words_of(answer: Answer) -> str:
    """The first words of *answer*, and who gave it."""
    text = " ".join(" ".join(part.text for part in answer.parts if isinstance(part, Text)).split())
    shown = f"“{text[:MOST_SHOWN]}{'…' * (len(text) > MOST_SHOWN)}”" if text else "no text"
    return f"{shown} ({answer.model[:60]})" if answer.model else shown
