"""What happened to prompts in a period: labels that were moved, and rungs. Two queries."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.addresses.periods import Window
from tools.llm.adjusting.models import RungMove
from tools.llm.prompts.families import Rung
from tools.llm.prompts.models import LabelMove

MOST = 100
# Whoever sees calls sees which version they had; who moved a label and why is for those who may see prompts.
ON_ITS_PAGE = "the prompt's page says who and why"


@dataclass(frozen=True, slots=True)
class PromptMove:
    """One move: ``what`` moved, ``did`` and ``why`` in words; ``simpler`` is None where it is neither."""

    at: datetime
    what: str
    did: str
    why: str
    simpler: bool | None = None


def moves_in(window: Window) -> list[PromptMove]:
    """The newest of the period, the newest first."""
    within = {"at__gte": window.start, "at__lt": window.end}
    rungs = RungMove.objects.filter(**within)[:MOST]
    labels = LabelMove.objects.filter(**within).select_related("label__prompt", "from_version", "to_version")[
        :MOST
    ]
    found = [*map(of_rung, rungs), *map(of_label, labels)]
    return sorted(found, key=lambda move: move.at, reverse=True)[:MOST]


def of_rung(move: RungMove) -> PromptMove:
    rungs = [rung.value for rung in Rung]
    down = rungs.index(move.to_rung) - rungs.index(move.from_rung)
    what = f"{move.prompt} at {move.deployment}"
    return PromptMove(move.at, what, f"rung {move.change}", move.reason, down > 0 if down else None)


def of_label(move: LabelMove) -> PromptMove:
    before = f"version {move.from_version.number} → " if move.from_version else "version "
    did = f"{move.label.name}: {before}{move.to_version.number}"
    return PromptMove(move.at, move.label.prompt.name, did, ON_ITS_PAGE)
