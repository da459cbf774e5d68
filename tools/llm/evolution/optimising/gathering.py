"""What there is to learn from of a version: its recorded calls, as cases. Queries."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from tools.definition.registry import ToolRegistry
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.optimising.cases import Called, Chat, Found, cases_of
from tools.llm.evolution.optimising.splitting import Parts, split
from tools.llm.prompts.families import Key, Rung, chosen, family_of
from tools.llm.prompts.models import PRODUCTION, Prompt, PromptVersion
from tools.llm.prompts.of_tools import PREFIX
from tools.llm.prompts.rendering import Version

# Payloads are mostly kept no longer.
LOOKBACK = timedelta(days=14)


class RecordedCalls(Protocol):
    chats: Sequence[Chat]
    calls: Sequence[Called]


Read = Callable[[str, datetime, datetime], RecordedCalls]


def live_of(prompt: Prompt) -> PromptVersion:
    """What is live of *prompt*. Raises EvolutionError where nothing is, or where its calls cannot be found."""
    if prompt.name.startswith(PREFIX):
        raise EvolutionError(
            "What models are told of tools is not on their spans: there is nothing to learn from."
        )
    label = prompt.labels.select_related("version__prompt").filter(name=PRODUCTION).first()
    if label is None or label.version is None:
        raise EvolutionError(f"Nothing is live of {prompt.name}: point production at a version first.")
    return label.version


def key_of(version: Version, model: str) -> Key:
    """Where what *model* is told stands. A family that has no text of its own gets one, which no other is told."""
    family = family_of(model)
    return family, Rung.DETAILED


def with_own(version: Version, key: Key) -> Version:
    """*version* with a text at *key*: what models of that family are told now."""
    texts = {**version.texts, key: version.texts[chosen(version.texts, *key)]}
    return Version(version.prompt, version.number, texts, version.variables)


def gathered(version: Version, key: Key, now: datetime, registry: ToolRegistry) -> Found:
    """The cases of the last days. Raises EvolutionError where there are none, saying why."""
    read: Read = import_string(settings.RECORDED_CALLS)
    try:
        recorded = read(version.name, now - LOOKBACK, now)
    except TimeoutError as error:
        raise EvolutionError(str(error)) from None
    if not recorded.chats:
        raise EvolutionError(f"No model was told {version.name} in the last {LOOKBACK.days} days: wait for calls.")
    if not any(chat.messages for chat in recorded.chats):
        raise EvolutionError(
            f"The messages of the {len(recorded.chats):,} model calls with {version.name} are not recorded: "
            "payloads are kept for PAYLOAD_RETENTION_DAYS."
        )
    return cases_of(version, key, recorded.chats, recorded.calls, registry)


def parts_of(found: Found, calls: int) -> Parts:
    """Raises EvolutionError where there are too few, saying what became of the others."""
    try:
        return split(found.cases, calls)
    except EvolutionError as error:
        why = ", ".join(f"{number:,} {why}" for why, number in found.left_out.most_common())
        raise EvolutionError(f"{error} Left out: {why}." if why else str(error)) from None
