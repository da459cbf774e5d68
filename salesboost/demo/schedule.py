"""What goes wrong when in the demonstration: pure functions of the seconds since its start."""

from dataclasses import dataclass

# All of it again and again.
CYCLE_S = 900.0
# The stretches of a cycle in which a prompt has its worse version in production: long enough to fire the default
# rule, and then quiet for long enough to recover. Four in ten CRM calls are a coach's model's, so that the tool
# falls to some 70 % of the rule's five minutes.
WORSE = {"coach": (60.0, 260.0), "sales": (540.0, 700.0)}


@dataclass(frozen=True, slots=True)
class Outage:
    """What a vendor of the lab does for a while."""

    vendor: str
    fault: str


# A vendor after the other, between the prompts' stretches.
OUTAGES = (
    ((330.0, 390.0), Outage("anthropic", "overloaded")),
    ((450.0, 510.0), Outage("openai", "rate_limited")),
    ((770.0, 830.0), Outage("groq", "cut_stream")),
)


def worse_prompts(elapsed_s: float) -> frozenset[str]:
    """The prompts whose worse version is in production."""
    return frozenset(name for name, stretch in WORSE.items() if is_within(stretch, elapsed_s))


def outage(elapsed_s: float) -> Outage | None:
    """Who does not answer now as it should."""
    return next((what for stretch, what in OUTAGES if is_within(stretch, elapsed_s)), None)


def is_within(stretch: tuple[float, float], elapsed_s: float) -> bool:
    begins, ends = stretch
    return begins <= elapsed_s % CYCLE_S < ends
