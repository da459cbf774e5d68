"""The optimiser is started here, watched and stopped."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from tools.llm.evolution.admin.parts import Written, linked
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import Evolution, OptimiserRun, OptimiserState
from tools.llm.evolution.optimising import starting
from tools.llm.evolution.optimising.splitting import Parts
from tools.llm.prompts.models import Prompt

LAB = "the lab or this machine: against the lab it proves the wiring only"
WANTED = ("prompt", "deployment", "reflector", "most_calls", "most_usd", "most_tokens", "most_minutes")
# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    RunModelForm = forms.ModelForm[OptimiserRun]
else:
    RunModelForm = forms.ModelForm


class StartForm(RunModelForm):
    """A run to start: of a prompt for which that is allowed, by deployments that can be asked."""

    class Meta:
        model = OptimiserRun
        fields = WANTED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from tools.llm.prompts.admin.trying import is_paid
        from tools.llm.providers import live  # with what asks models, which no other page needs

        super().__init__(*args, **kwargs)
        allowed = Evolution.objects.filter(optimises=True).values("prompt")
        self.fields["prompt"] = forms.ModelChoiceField(
            Prompt.objects.filter(pk__in=allowed),
            widget=UnfoldAdminSelectWidget,
            help_text="Those whose permit says “optimises”. Saving starts the run.",
        )
        able = [known for known in live.deployments() if not known.lacks]
        choices = [
            (known.name, f"{known.name} ({known.deployment.model}){': costs money' if is_paid(known) else ''}")
            for known in able
        ]
        for name in ("deployment", "reflector"):
            told = self.fields[name].help_text
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                widget=UnfoldAdminSelectWidget,
                help_text=f"{told} It is sent what users said, as it was recorded.",
            )

    def clean(self) -> dict[str, Any]:
        """Also whether there is enough to learn from."""
        typed: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.instance.base = starting.check(
                    OptimiserRun(**{name: typed[name] for name in WANTED}), timezone.now()
                )
            except EvolutionError as error:
                raise forms.ValidationError(str(error)) from None
        return typed


@admin.register(OptimiserRun)
class OptimiserRunAdmin(Written):
    list_display = ("__str__", "standing", "progress", "best", "spent", "proposed")
    list_filter = ("state", "in_lab")
    list_select_related = ("prompt", "candidate__prompt")
    search_fields = ("prompt__name", "told")
    actions = ("stop",)

    def get_fields(self, request: HttpRequest, obj: OptimiserRun | None = None) -> tuple[str, ...]:
        if obj is None:
            return WANTED
        came = ("standing", "progress", "best", "spent", "result", "proposed", "where_asked")
        how = ("base", "parts", "passed_over", "best_text", "by", "at", "began_at", "ended_at", "stopped_by")
        return (*came, *WANTED, *how)

    def get_readonly_fields(self, request: HttpRequest, obj: OptimiserRun | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def get_form(
        self, request: HttpRequest, obj: OptimiserRun | None = None, change: bool = False, **about: Any
    ) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": StartForm}) | about)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("evolution.add_optimiserrun")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OptimiserRun]:
        starting.end_lost(timezone.now())
        runs: QuerySet[OptimiserRun] = super().get_queryset(request)
        return runs

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            answer: HttpResponse = super().add_view(request, form_url, extra_context)
        except EvolutionError as error:  # somebody else was faster
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:evolution_optimiserrun_changelist"))
        return answer

    def save_model(self, request: HttpRequest, obj: OptimiserRun, form: Any, change: bool) -> None:
        starting.start(obj, by=request.user.get_username(), now=timezone.now(), base=obj.base)

    @admin.action(description="Stop it", permissions=["stop"])
    def stop(self, request: HttpRequest, chosen: QuerySet[OptimiserRun]) -> None:
        for run in chosen:
            try:
                starting.stop(run, by=request.user.get_username(), now=timezone.now())
            except EvolutionError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"{run} ends before it asks anybody else.")

    @display(
        description="state",
        label={
            OptimiserState.RUNNING.value: "success",
            OptimiserState.WAITING.value: "warning",
            OptimiserState.LOST.value: "danger",
        },
    )
    def standing(self, run: OptimiserRun) -> str:
        return "stopping" if run.state == OptimiserState.RUNNING and run.stopped_by else run.state

    @display(description="metric calls")
    def progress(self, run: OptimiserRun) -> str:
        return f"{run.calls:,} of {run.most_calls:,}"

    @display(description="validation")
    def best(self, run: OptimiserRun) -> str:
        if run.live_share is None or run.best_share is None:
            return "not scored yet"
        return f"{run.best_share:.0%} right, live {run.live_share:.0%}"

    @display(description="spent")
    def spent(self, run: OptimiserRun) -> str:
        usd = f"${run.usd:.4f} at list prices" if run.usd or not run.tokens else "no price is known"
        return f"{run.tokens:,} tokens, {usd}{'; the lab takes no money' if run.in_lab else ''}"

    @display(description="what came of it")
    def result(self, run: OptimiserRun) -> str:
        return run.told or "–"

    @display(description="best text")
    def best_text(self, run: OptimiserRun) -> SafeString | str:
        return linebreaksbr(run.text, autoescape=True) if run.text else "–"

    @display(description="proposed")
    def proposed(self, run: OptimiserRun) -> SafeString | str:
        if run.candidate is None:
            return "–"
        return linked(reverse("admin:evolution_candidate_change", args=[run.candidate_id]), str(run.candidate))

    @display(description="asked")
    def where_asked(self, run: OptimiserRun) -> str:
        return LAB if run.in_lab else "a vendor’s model"

    @display(description="cases")
    def parts(self, run: OptimiserRun) -> str:
        return ", ".join(f"{run.sizes[name]:,} {name}" for name in Parts.NAMES if name in run.sizes) or "–"

    @display(description="model calls without a case")
    def passed_over(self, run: OptimiserRun) -> str:
        return ", ".join(f"{number:,} {why}" for why, number in run.left_out.items()) or "none"
