"""The reads behind the pages of prompts: what is live, and what the calls of each version came to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from dashboard.addresses.periods import Window
from telemetry.counts import histogram, resolutions
from telemetry.counts.histogram import Histogram
from telemetry.counts.outcome_counts import Tally
from telemetry.counts.rollup_columns import LATENCY
from telemetry.models import Rollup
from telemetry.models.rollups import RollupQuerySet
from telemetry.semconv import OPERATION_CHAT
from tools.llm.adjusting.models import RungMove
from tools.llm.prompts.families import Rung
from tools.llm.prompts.models import PRODUCTION, Label, LabelMove, Prompt, PromptVersion

MOST_PROMPTS = 100
MOST_VERSIONS = 100
MOST_RUNGS = 200
# Of versions that were called so many are counted, those with most calls; senders can make up any number.
MOST_CALLED = 500
VERSION = "prompt_version"
_CHAT_SUMS = ("spans", "unpriced", "cost_usd")


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls of models that a version was sent with. ``unpriced`` of them have no cost."""

    calls: int = 0
    unpriced: int = 0
    usd: Decimal = Decimal(0)
    durations: Histogram = field(default_factory=Histogram)

    @property
    def usd_each(self) -> Decimal | None:
        """US dollars of a call whose price is known; None without one."""
        priced = self.calls - self.unpriced
        return self.usd / priced if priced > 0 else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a version's calls came to: those of tools that models asked for, and those of models."""

    tools: Tally = field(default_factory=Tally)
    models: Asked = field(default_factory=Asked)


NOTHING = Figures()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A version's calls from *start* on, up to *end*."""

    version: str  # "coach@3"
    start: datetime
    end: datetime


def listed() -> list[Prompt]:
    """The prompts by name, each with its labels and the versions that they point at. Two queries."""
    labels = Label.objects.select_related("version")
    return list(Prompt.objects.prefetch_related(Prefetch("labels", labels))[: MOST_PROMPTS + 1])


def versions_called(names: Collection[str]) -> list[PromptVersion]:
    """The versions of those *names* (``coach@3``), as far as they are ours. One query; none for no names."""
    wanted = [Q(prompt__name=prompt, number=number) for prompt, number in filter(None, map(parted, names))]
    if not wanted:
        return []
    found = PromptVersion.objects.filter(reduce(or_, wanted)).select_related("prompt")
    return list(found.defer("variables"))


def parted(name: str) -> tuple[str, int] | None:
    """Prompt and number of ``coach@3``; None for what is no version of ours."""
    prompt, _, number = name.rpartition("@")
    return (prompt, int(number)) if prompt and number.isdecimal() and len(number) < 9 else None


def figures(window: Window, filters: Mapping[str, str], prompt: str = "") -> dict[str, Figures]:
    """What the calls of the period came to, by version; of *prompt* alone, if one is named. Two queries."""
    rows = Rollup.objects.spanning(window.start, window.end).where(**filters).exclude(series__prompt_version="")
    return summed(rows.filter(series__prompt_version__startswith=f"{prompt}@") if prompt else rows)


def figures_of(stretches: Sequence[Stretch], filters: Mapping[str, str]) -> dict[str, Figures]:
    """The same of each stretch, no version being in two. Two queries; none for nothing."""
    within = [
        Q(resolution_s=step_s, bucket__gte=first, bucket__lt=last, series__prompt_version=one.version)
        for one in stretches
        for step_s, first, last in resolutions.tiles(one.start, one.end)
    ]
    return summed(Rollup.objects.filter(reduce(or_, within)).where(**filters)) if within else {}


def summed(rows: RollupQuerySet) -> dict[str, Figures]:
    tools = {name: tally for (name,), tally in rows.tallies(VERSION, most=MOST_CALLED).items()}
    models = asked(rows)
    return {
        name: Figures(tools.get(name, NOTHING.tools), models.get(name, NOTHING.models))
        for name in {*tools, *models}
    }


def asked(rows: RollupQuerySet) -> dict[str, Asked]:
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in _CHAT_SUMS}
    chats: Any = rows.filter(series__operation=OPERATION_CHAT).order_by().values_list("series__prompt_version")
    most = chats.annotate(**sums, **LATENCY).order_by("-sum_spans", "series__prompt_version")[:MOST_CALLED]
    return {name: read(*values) for name, *values in most}


def read(*values: Any) -> Asked:
    calls, unpriced, usd, digits, min_ms, max_ms = values
    return Asked(int(calls), int(unpriced), usd, Histogram(histogram.unpacked(digits), min_ms, max_ms))


def last_moves(prompt: Prompt | None = None, most: int = 1) -> list[LabelMove]:
    """The last move of production of each prompt, or of *prompt*: the newest first, *most* of them. One query."""
    newest = moves().filter(label__name=PRODUCTION).order_by("label_id", "-id").distinct("label_id")
    if prompt is not None:
        newest = newest.filter(label__prompt=prompt)
    return sorted(newest, key=lambda move: move.at, reverse=True)[:most]


def moves() -> QuerySet[LabelMove]:
    return LabelMove.objects.select_related("label__prompt", "from_version", "to_version")


def rungs(labels: Collection[Label]) -> list[RungMove]:
    """Of the versions that *labels* point at, what led deployments to less than the whole text. One query."""
    live = [str(label.version) for label in labels if label.version]
    newest = RungMove.objects.filter(prompt__in=live).order_by("prompt", "deployment", "-at", "-id")
    moves = newest.distinct("prompt", "deployment")[:MOST_RUNGS]
    return [move for move in moves if move.to_rung != Rung.DETAILED]
