"""Moves in the tables: of two processes that see the same evidence one makes the move."""

from typing import Any

from django.db import transaction

from tools.llm.adjusting.deciding import AT_THE_TOP, Move, Standing
from tools.llm.adjusting.keeping import Place
from tools.llm.adjusting.models import RungMove, RungStanding, moment


def moved(place: Place, seen: Standing, move: Move, by: str = "") -> bool:
    """Put *move* into effect and write it down, unless somebody was faster."""
    with transaction.atomic():
        if not _changed(place, seen, move.to):
            return False
        RungMove.objects.create(
            prompt=place.prompt,
            deployment=place.deployment,
            from_rung=seen.rung.value,
            to_rung=move.to.rung.value,
            at=moment(move.to.since),
            reason=move.reason[:300],
            by=by,
        )
    return True


def _changed(place: Place, seen: Standing, to: Standing) -> bool:
    values: dict[str, Any] = {"rung": to.rung.value, "since": moment(to.since)}
    values |= {"patience_s": to.patience_s, "came_up": to.came_up}
    where = {"prompt": place.prompt, "deployment": place.deployment}
    if seen == AT_THE_TOP:
        return RungStanding.objects.get_or_create(**where, defaults=values)[1]
    same = RungStanding.objects.filter(**where, rung=seen.rung.value, since=moment(seen.since))
    return bool(same.update(**values))
