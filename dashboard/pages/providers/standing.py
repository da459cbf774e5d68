"""How a deployment stands, in words: its state, its score, its budget, its end. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.wording import formats
from dashboard.wording.formats import caller_name
from dashboard.wording.states import OFF, State
from telemetry.health.model_calls import Figures
from tools.state.base import BreakerState

if TYPE_CHECKING:
    from tools.health.score import Score
    from tools.llm.providers.status import Status

NO_KEY = State("no key", "warn")
USED_UP = State("budget used up", "bad")
TRIED = State("is tried again", "warn")
NOT_ASKED = State("not asked", "unsure")
FAILS = State("fails", "bad")
ANSWERS = State("answers", "good")
RESTS = (BreakerState.OPEN, BreakerState.HELD_OPEN)
# From these points on a deployment is well, and limps.
WELL, LIMPS = 95, 60


@dataclass(frozen=True, slots=True)
class Standing:
    """A deployment as the page's first table has it. ``bar``: the share of its budget that is used, in percent."""

    name: str
    model: str
    routes: Sequence[str]
    state: State
    health: State
    reasons: Sequence[str]
    breaker: str
    spent: str
    limits: str
    bar: float | None
    bar_class: str
    ends: str
    ends_soon: bool
    href: str

    @property
    def can_be_asked(self) -> bool:
        return self.state not in (OFF, NO_KEY)


def standing_of(status: "Status", score: "Score", figures: Figures, now: datetime, href: str) -> Standing:
    """*figures*: of its requests in the time that the page shows; *href*: its page in the admin."""
    known, used = status.known, status.budget_used
    ending = known.ending
    return Standing(
        name=known.name,
        model=caller_name(known.deployment.provider_name, known.deployment.model),
        routes=status.routes,
        state=state_of(status, figures, now),
        health=health_of(score),
        reasons=[reason.words for reason in score.reasons],
        breaker=status.breaker.value.replace("_", " "),
        spent=f"{formats.usd(status.spent_usd)}, {' '.join(formats.tokens(status.tokens.used))}",
        limits=limits_of(status),
        bar=None if used is None else min(used, 1.0) * 100,
        bar_class="failed" if used is not None and used >= 0.8 else "first",
        ends=ending.in_words(now.date()),
        ends_soon=ending.is_near(now.date()),
        href=href,
    )


def state_of(status: "Status", figures: Figures, now: datetime) -> State:
    """What keeps it from being asked, else what came of asking it."""
    if hindrance := hindrance_of(status, now):
        return hindrance
    if not figures.calls:
        return NOT_ASKED
    return FAILS if figures.failed == figures.calls else ANSWERS


def hindrance_of(status: "Status", now: datetime) -> State | None:
    """Why it is not asked like any other; None where it is."""
    if status.known.lacks:
        return NO_KEY if status.known.enabled else OFF
    if (status.budget_used or 0) >= 1:
        return USED_UP
    if status.breaker in RESTS:
        until = f"{now + timedelta(seconds=round(status.rest_s)):%H:%M:%S}"
        return State(f"rests until {until}" if status.rest_s else "rests", "bad")
    return TRIED if status.breaker is BreakerState.HALF_OPEN else None


def health_of(score: "Score") -> State:
    """The score as a word, in the tone that it has."""
    if score.points is None:
        return State("no score", "unsure")
    tone = "good" if score.points >= WELL else "warn" if score.points >= LIMPS else "bad"
    return State(f"{score.points} of 100", tone)


def limits_of(status: "Status") -> str:
    """What it may spend a day."""
    budget = status.known.budget
    limits = [] if budget.usd is None else [formats.usd(budget.usd)]
    limits += [] if budget.tokens is None else [" ".join(formats.tokens(budget.tokens))]
    return f"of {' and '.join(limits)}" if limits else "no limit"


def verdict(standings: Sequence[Standing] | None) -> dict[str, str]:
    """The page's first line: the deployments that are not well, the first of the worst with its reason."""
    if standings is None:
        return _said("unsure", "unknown", "How deployments stand could not be asked just now", "it is asked again")
    able = [standing for standing in standings if standing.can_be_asked]
    rest = f"{len(standings) - len(able)} switched off or without a key" if len(able) < len(standings) else ""
    if not able:
        return _said("unsure", "nobody", "No deployment can be asked", rest)
    for tone, tag in (("bad", "ill"), ("warn", "at risk")):
        if found := [standing for standing in able if standing.health.tone == tone]:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            text = f"{found[0].name}{more} of {_deployments(len(able))}: {found[0].reasons[0].rstrip('.')}"
            return _said(tone, tag, text, rest)
    well = [standing for standing in able if standing.health.tone == "good"]
    if not well:
        return _said("unsure", "quiet", "No model was asked in the last 15 minutes", rest)
    quiet = f"{len(able) - len(well)} not asked in the last 15 minutes" if len(well) < len(able) else ""
    text = "All deployments that were asked are well"
    return _said("good", "well", text, ", ".join(filter(None, (f"{len(well)} asked", quiet, rest))))


def _deployments(number: int) -> str:
    return f"{number} deployment{'s' * (number != 1)}"


def _said(tone: str, tag: str, text: str, detail: str) -> dict[str, str]:
    return {"tone": tone, "tag": tag, "text": text, "detail": detail, "subject": text}
