"""The list of experiments, and an experiment's page: its runs, what they came to, and the ledger."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tools.llm.experiments.admin.pages import experiment_urls
from tools.llm.experiments.admin.shown import overview
from tools.llm.experiments.models import Experiment, Run


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    list_display = ("name", "kind", "subject", "unit", "state", "arms")
    search_fields = ("name", "purpose", "subject")
    list_filter = ("kind",)
    fields = readonly_fields = ("name", "purpose", "kind", "subject", "label", "unit")
    change_form_template = "admin/experiments/experiment.html"

    def get_urls(self) -> list[URLPattern]:
        return [*experiment_urls(self.admin_site), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # spans and the ledger tell of it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        experiments: QuerySet[Experiment] = super().get_queryset(request)
        return experiments.prefetch_related("runs__arms")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:experiments_experiment_plan"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        experiment = self.get_object(request, unquote(object_id))
        if experiment is not None and self.has_view_permission(request, experiment):
            extra_context = {**(extra_context or {}), **overview(request, experiment)}
        shown = {"show_save": False, "show_save_and_continue": False, "show_save_and_add_another": False}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **shown}
        )
        return answer

    @display(description="run", label={"running": "success", "draft": "warning", "stopped": "info"})
    def state(self, experiment: Experiment) -> str:
        run = newest(experiment)
        return run.state if run else "–"

    @display(description="arms")
    def arms(self, experiment: Experiment) -> str:
        run = newest(experiment)
        return ", ".join(str(arm) for arm in run.arms.all()) if run else "–"


def newest(experiment: Experiment) -> Run | None:
    return next(iter(experiment.runs.all()), None)
