"""What each line of Gemini models takes and refuses, and which model answers for one that ended. All is data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a line of models; the defaults are those of the oldest."""

    thinks: bool = False
    levels: bool = False  # thinkingLevel
    no_budget_0: bool = False  # cannot be kept from thinking
    signs: bool = False  # and wants each step's first call back as it was signed
    ids: bool = False  # of calls
    prefill: bool = True  # a last content of the model, to go on with
    penalties: bool = True
    json_beside_tools: bool = False


OLD = Rules()
THREE = Rules(
    thinks=True,
    levels=True,
    no_budget_0=True,
    signs=True,
    ids=True,
    penalties=False,
    json_beside_tools=True,
)
# temperature, topP and topK are taken and do nothing from here on.
NEWEST = replace(THREE, prefill=False)

# By the beginning of a model's name; the longest that fits counts.
MODELS: Mapping[str, Rules] = {
    "gemini-": NEWEST,
    "gemini-2.0": OLD,
    "gemini-2.5": replace(OLD, thinks=True),
    "gemini-2.5-pro": replace(OLD, thinks=True, no_budget_0=True),
    "gemini-3": THREE,
    "gemini-3.6": NEWEST,
    "gemini-3.7": NEWEST,
    "gemini-3.8": NEWEST,
}
# From that day on, who asks for the one is answered by the other, without a word but `modelVersion`.
ROUTED: Mapping[str, tuple[str, str]] = {
    "gemini-3.5-flash": ("2026-10-08", "gemini-3.6-flash"),
    "gemini-3.7-flash": ("2026-10-08", "gemini-3.8-flash"),
    "gemini-2.5-pro": ("2026-12-01", "gemini-3.8-flash"),
    "gemini-2.5-flash": ("2026-12-01", "gemini-3.5-flash-lite"),
}
# The first day on which a model is answered by 404; by the beginning of its name.
RETIRED: Mapping[str, str] = {"gemini-1.": "2025-09-29", "gemini-pro": "2025-02-15"}


def rules_of(model: str) -> Rules | None:
    """The rules of *model*; None where there is no such line."""
    known = [beginning for beginning in MODELS if model.startswith(beginning)]
    return MODELS[max(known, key=len)] if known else None


def is_retired(model: str, day: str) -> bool:
    """Whether *model* is gone on *day*, written as 2026-12-01."""
    return any(model.startswith(beginning) and day >= ends for beginning, ends in RETIRED.items())


def answering(model: str, day: str) -> str:
    """The model that answers for *model* on *day*."""
    since, successor = ROUTED.get(model, ("", model))
    return successor if day >= since else model
