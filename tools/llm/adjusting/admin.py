"""At which rung deployments are asked, and each move; a person may have them begin with the whole prompt again."""

import time

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tools.llm.adjusting.deciding import Move, Standing
from tools.llm.adjusting.keeping import Place, live
from tools.llm.adjusting.models import RungMove, RungStanding
from tools.llm.adjusting.moving import moved
from tools.llm.prompts.families import Rung
from tools.web.machine_made import ReadOnly


@admin.register(RungStanding)
class RungStandingAdmin(ReadOnly, ModelAdmin):
    list_display = ("prompt", "deployment", "rung", "since", "patience_s")
    list_filter = ("rung",)
    search_fields = ("prompt", "deployment")
    actions = ("begin_anew",)

    def has_begin_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("adjusting.change_rungstanding")

    @admin.action(description="Begin with the whole prompt again", permissions=["begin"])
    def begin_anew(self, request: HttpRequest, chosen: QuerySet[RungStanding]) -> None:
        """Whatever the last minutes say; they may lead down again."""
        by, now = request.user.get_username(), time.time()
        places = [(Place(row.prompt, row.deployment), row.plain()) for row in chosen]
        lower = [(place, seen) for place, seen in places if seen.rung is not Rung.DETAILED]
        done = [
            place
            for place, seen in lower
            if moved(place, seen, Move(Standing(Rung.DETAILED, now), "begun with the whole prompt again"), by)
        ]
        live.refresh()
        names = ", ".join(f"{place.prompt} at {place.deployment}" for place in done)
        said = (
            f"Asked with the whole prompt again: {names}." if done else "None of them is below the whole prompt."
        )
        messages.success(request, said) if done else messages.warning(request, said)


@admin.register(RungMove)
class RungMoveAdmin(ReadOnly, ModelAdmin):
    list_display = ("at", "prompt", "deployment", "change", "reason", "who")
    list_filter = ("to_rung", "deployment")
    search_fields = ("prompt", "deployment", "reason")

    @admin.display(description="by")
    def who(self, move: RungMove) -> str:
        return move.by or "itself"
