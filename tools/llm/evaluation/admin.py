"""The history of evaluations is read here; nobody writes it by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from tools.llm.evaluation.models import CaseResult, Run
from tools.llm.evaluation.table import spent
from tools.web.machine_made import ReadOnly

MOST_SHOWN = 200


class CaseResultInline(ReadOnly, TabularInline):
    """What failed first; of many cases so many."""

    model = CaseResult
    hide_title = True
    verbose_name_plural = f"cases, those that failed first (at most {MOST_SHOWN})"
    fields = ("where", "passed", "first_try", "told", "cost", "latency", "tokens", "rounds")
    readonly_fields = ("where", "told", "cost", "latency")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaseResult]:
        shown = CaseResult.objects.order_by("passed", "id")
        run = request.resolver_match and request.resolver_match.kwargs.get("object_id", "")
        if run and run.isdecimal():
            first = shown.filter(run=int(run)).values("pk")[:MOST_SHOWN]
            return shown.filter(pk__in=list(first.values_list("pk", flat=True)))
        return shown.none()

    @display(description="case")
    def where(self, row: CaseResult) -> str:
        return f"{row.suite}/{row.case}, {row.deployment}, {row.prompt_version or 'no prompt'}"

    @display(description="calls, and what was wrong")
    def told(self, row: CaseResult) -> str:
        return format_html_join("\n", "<div>{}</div>", ((line,) for line in (*row.calls, *row.why))) or "no call"

    @display(description="cost")
    def cost(self, row: CaseResult) -> str:
        return f"${row.usd:.4f}" if row.usd else "no price"

    @display(description="took")
    def latency(self, row: CaseResult) -> str:
        return f"{row.latency_ms:,.0f} ms"


@admin.register(Run)
class RunAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "started_at", "asked_whom", "share", "cost", "verdict", "is_regression", "note")
    list_filter = ("in_lab", "regressed", "is_whole")
    search_fields = ("note", "suites")
    fields = (
        *("started_at", "ended_at", "is_whole", "asked_whom", "suites", "versions", "rung", "repetitions", "seed"),
        *("share", "cost", "said", "is_regression", "note"),
    )
    readonly_fields = ("asked_whom", "share", "cost", "is_regression")
    inlines = [CaseResultInline]

    @display(description="asked")
    def asked_whom(self, run: Run) -> str:
        return "the lab" if run.in_lab else "deployments"

    @display(description="passed")
    def share(self, run: Run) -> str:
        return f"{run.passed:,} of {run.asked:,}"

    @display(description="cost")
    def cost(self, run: Run) -> str:
        return spent(run.usd, in_lab=run.in_lab) or "no price"

    @display(description="regressed", ordering="regressed", label={"a regression": "danger", "no": "info"})
    def is_regression(self, run: Run) -> str:
        return "a regression" if run.regressed else "no"

    def get_inline_instances(self, request: HttpRequest, obj: Run | None = None) -> list[Any]:
        return list(super().get_inline_instances(request, obj)) if obj else []
