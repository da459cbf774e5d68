"""What each line of Anthropic's models takes and refuses, and when its models end. All of it is data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

LOW_TO_HIGH = ("low", "medium", "high")
LOW_TO_MAX = (*LOW_TO_HIGH, "max")
ALL_EFFORTS = (*LOW_TO_HIGH, "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a line of models; the defaults are those of the oldest."""

    efforts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("enabled", "disabled")  # of `thinking`
    thinks: bool = False  # without being asked to
    omits: bool = False  # the text of its thoughts, unless `display` is "summarized"
    sampling: bool = True
    both_samplings: bool = True  # temperature beside top_p
    prefill: bool = True
    forced: bool = True
    forced_thinking: bool = False  # a forced tool while it thinks
    thinks_first: bool = False  # a message with calls has to begin with the thoughts that it was sent with
    bound: tuple[str, ...] = ("model",)  # what a signature has to agree in
    hides_asides: bool = False  # text beside calls comes as a thought
    system_inside: bool = False  # messages with the role `system`
    no_effort_disabled: tuple[str, ...] = ()  # efforts that do not go with `disabled` or `between_tools`
    refused_tools: tuple[str, ...] = ()
    most_tokens: int = 64_000


OLD = Rules()
NO_BOTH = replace(OLD, both_samplings=False)
ADAPTIVE = replace(NO_BOTH, efforts=LOW_TO_MAX, kinds=("enabled", "adaptive", "disabled"), prefill=False)
OPUS_4_7 = replace(
    ADAPTIVE,
    efforts=ALL_EFFORTS,
    kinds=("adaptive", "disabled"),
    omits=True,
    sampling=False,
    most_tokens=128_000,
)
FIVE = replace(
    OPUS_4_7, thinks=True, forced_thinking=True, system_inside=True, no_effort_disabled=("xhigh", "max")
)
BOUND = ("model", "prefix")
FIVE_FIVE = replace(
    FIVE,
    kinds=("adaptive",),
    forced=False,
    thinks_first=True,
    bound=BOUND,
    hides_asides=True,
    no_effort_disabled=(),
    refused_tools=("computer_20251124",),
)

# By the beginning of a model's id; the longest that fits counts.
MODELS: Mapping[str, Rules] = {
    "claude-": OLD,
    "claude-opus-4-1": NO_BOTH,
    "claude-opus-4-5": replace(NO_BOTH, efforts=LOW_TO_HIGH),
    "claude-sonnet-4-5": NO_BOTH,
    "claude-haiku-4-5": NO_BOTH,
    "claude-opus-4-6": replace(ADAPTIVE, most_tokens=128_000),
    "claude-sonnet-4-6": ADAPTIVE,
    "claude-opus-4-7": OPUS_4_7,
    "claude-opus-4-8": replace(OPUS_4_7, forced_thinking=True),
    "claude-opus-5": FIVE,
    "claude-sonnet-5": FIVE,
    "claude-fable-5": FIVE,
    "claude-opus-5-5": FIVE_FIVE,
    "claude-sonnet-5-5": replace(
        FIVE_FIVE, kinds=("adaptive", "between_tools"), no_effort_disabled=("xhigh", "max")
    ),
    "claude-fable-5-1": FIVE_FIVE,
    "claude-fable-5-2": FIVE_FIVE,
    # A forced tool is taken here. Its thoughts hold for the account that they were made for.
    "claude-haiku-5-5": replace(
        FIVE_FIVE,
        kinds=("adaptive", "disabled"),
        forced=True,
        hides_asides=False,
        bound=(*BOUND, "account"),
        refused_tools=("computer_20250124",),
    ),
}

# The first day on which a model is answered by 404; by the beginning of its id, with or without a date of its own.
RETIRED: Mapping[str, str] = {
    "claude-3-opus": "2026-01-05",
    "claude-3-5-sonnet": "2025-10-28",
    "claude-3-5-haiku": "2026-02-19",
    "claude-3-7-sonnet": "2026-02-19",
    "claude-opus-4-0": "2026-06-15",
    "claude-opus-4-2025": "2026-06-15",
    "claude-sonnet-4-0": "2026-06-15",
    "claude-sonnet-4-2025": "2026-06-15",
    "claude-opus-4-1": "2026-08-05",
    "claude-sonnet-4-5": "2026-11-30",
}


def rules_of(model: str) -> Rules | None:
    """The rules of *model*; None where it is none of Anthropic's."""
    known = [beginning for beginning in MODELS if model.startswith(beginning)]
    return MODELS[max(known, key=len)] if known else None


def is_retired(model: str, day: str) -> bool:
    """Whether *model* is gone on *day*, written as 2026-12-01."""
    return any(model.startswith(beginning) and day >= ends for beginning, ends in RETIRED.items())
