"""Which prompts may mend themselves, what was proposed for them, and the ledger."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.llm.evolution import trying
from tools.llm.evolution.admin.parts import Written, linked
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import Candidate, Deed, Evolution
from tools.llm.evolution.proposing import propose
from tools.llm.experiments.subjects.prompts import Prompts


@admin.register(Evolution)
class EvolutionAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("prompt", "proposes", "tries", "optimises")
    search_fields = ("prompt__name",)
    autocomplete_fields = ("prompt",)
    actions = ("propose_now",)

    def get_readonly_fields(self, request: HttpRequest, obj: Evolution | None = None) -> tuple[str, ...]:
        return ("prompt",) if obj else ()

    @admin.action(description="Look for something to propose now", permissions=["change"])
    def propose_now(self, request: HttpRequest, chosen: QuerySet[Evolution]) -> None:
        by, now = request.user.get_username(), timezone.now()
        allowed = [each for each in chosen.select_related("prompt") if each.proposes]
        if not allowed:
            messages.warning(request, "None of them may have drafts written: tick “proposes” first.")
            return
        found = [str(made) for each in allowed for made in propose(each.prompt, now, by=by)]
        none = "Nothing goes wrong often enough, or it was proposed before."
        messages.success(request, f"Proposed: {', '.join(found)}." if found else none)


class Decided(Written):
    """What admins decide of, with a reason."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("evolution.change_candidate")

    def decide(self, request: HttpRequest, chosen: QuerySet[Any], what: Callable[..., Candidate]) -> None:
        """Do *what* to each, with the reason that was given, and say what came of it."""
        by, reason = request.user.get_username(), request.POST.get("reason", "")
        for each in chosen:
            try:
                candidate = what(each, by=by, reason=reason)
            except EvolutionError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"{candidate} is {candidate.state} now.")


@admin.register(Candidate)
class CandidateAdmin(Decided):
    list_display = ("__str__", "kind", "state", "why", "at", "texts", "experiment")
    list_filter = ("state", "kind")
    search_fields = ("prompt__name", "why")
    list_select_related = ("prompt", "base", "run__experiment")
    actions = ("try_it", "drop")

    @admin.action(description="Try it in an experiment", permissions=["decide"])
    def try_it(self, request: HttpRequest, chosen: QuerySet[Candidate]) -> None:
        self.decide(request, chosen, trying.put_on_trial)

    @admin.action(description="Drop it", permissions=["decide"])
    def drop(self, request: HttpRequest, chosen: QuerySet[Candidate]) -> None:
        self.decide(request, chosen, trying.drop)

    @admin.display(description="what it changes")
    def texts(self, candidate: Candidate) -> SafeString:
        diff = reverse("admin:prompts_prompt_diff", args=[candidate.prompt_id])
        return linked(f"{diff}?from={candidate.base.number}&to={candidate.number}", "texts")

    @admin.display(description="experiment")
    def experiment(self, candidate: Candidate) -> SafeString | str:
        if candidate.run is None:
            return "–"
        address = reverse("admin:experiments_experiment_change", args=[candidate.run.experiment_id])
        return linked(address, f"{candidate.run}: {candidate.run.state}")


@admin.register(Deed)
class DeedAdmin(Decided):
    list_display = ("at", "candidate", "action", "by", "reason")
    list_filter = ("action",)
    search_fields = ("candidate__prompt__name", "reason")
    list_select_related = ("candidate__prompt",)
    actions = ("take_back",)

    @admin.action(description="Take it back", permissions=["decide"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Deed]) -> None:
        may_move = request.user.has_perm(Prompts.permission)
        self.decide(request, chosen, partial(trying.undo, may_move=may_move))
