"""The pages beside an experiment's own: its plan, and what decides."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tools.llm.experiments import live, planning, running
from tools.llm.experiments.admin.forms import NewForm, PlanForm
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.known import known_of
from tools.llm.experiments.models import Entry, Experiment, Run
from tools.llm.experiments.subjects import KINDS
from tools.llm.prompts import live as prompts
from tools.llm.providers.admin.refreshing import refresh_after_commit

ADD, CHANGE = "experiments.add_experiment", "experiments.change_experiment"


def experiment_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses; their names begin as the sidebar expects it."""
    pages = Pages(site)
    return [
        path(address, site.admin_view(view), name=f"experiments_experiment_{name}")
        for address, view, name in (
            ("plan/", pages.plan, "plan"),
            ("<int:pk>/plan/", pages.replan, "replan"),
            ("<int:pk>/decide/", pages.decide, "decide"),
        )
    ]


class Pages:
    """Whoever may change experiments plans and decides; a promotion takes the right to change what it changes."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def plan(self, request: HttpRequest) -> HttpResponse:
        """A new experiment, and the draft of its first run."""
        needs(request, ADD)
        form = NewForm(request.POST or None)
        if request.method == "POST" and (plan := form.plan()):
            said = form.cleaned_data
            about = {name: said[name] for name in ("purpose", "unit", "label")}
            made = self._planned(
                form, lambda: planning.new(said["name"], said["subject"], plan, by=who(request), **about)
            )
            if made:
                return to_page(made.experiment_id)
        return self._page(request, form, "Plan an experiment")

    def replan(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The next run, or the draft that there is, with what the last one said in the form."""
        needs(request, CHANGE)
        experiment = get_object_or_404(Experiment, pk=pk)
        last = experiment.runs.first()
        form = PlanForm(request.POST or None, planning.plan_of(last) if last else None)
        if request.method == "POST" and (plan := form.plan()):
            made = self._planned(form, lambda: planning.draft(experiment, plan, by=who(request)))
            if made:
                return to_page(pk)
        return self._page(request, form, f"Plan a run of {experiment.name}", experiment=experiment)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Starts, stops, promotes and takes back: each with its reason."""
        needs(request, CHANGE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        said, experiment = request.POST, get_object_or_404(Experiment, pk=pk)
        decision = DECISIONS.get(said.get("decision", ""))
        if decision is None:
            messages.error(request, f"A decision is one of {', '.join(DECISIONS)}.")
            return to_page(pk)
        act, promotes, told = decision
        needs(request, KINDS[experiment.kind].permission if promotes else CHANGE)
        try:
            act(
                experiment,
                {name: str(value) for name, value in said.items()},
                {"by": who(request), "reason": said.get("reason", "")},
            )
            messages.success(request, told.format(arm=said.get("arm", "")))
            transaction.on_commit(live.refresh)
            transaction.on_commit(prompts.refresh)
            refresh_after_commit()  # of routes
        except ExperimentError as error:
            messages.error(request, str(error))
        return to_page(pk)

    @staticmethod
    def _planned(form: PlanForm, plan: Callable[[], Run]) -> Run | None:
        try:
            return plan()
        except ExperimentError as error:
            form.add_error(None, str(error))
            return None

    def _page(self, request: HttpRequest, form: PlanForm, title: str, **about: Any) -> HttpResponse:
        context = {
            **self._site.each_context(request),
            "title": title,
            "opts": Experiment._meta,
            "form": form,
            **about,
        }
        return TemplateResponse(request, "admin/experiments/plan.html", context)


def start(experiment: Experiment, said: dict[str, str], about: dict[str, Any]) -> None:
    running.start(run_of(experiment, said), **about)


def stop(experiment: Experiment, said: dict[str, str], about: dict[str, Any]) -> None:
    running.stop(run_of(experiment, said), **about)


def promote(experiment: Experiment, said: dict[str, str], about: dict[str, Any]) -> None:
    """An arm that is surely worse takes a tick that this is known."""
    run = run_of(experiment, said)
    arm = get_object_or_404(run.arms, label=said.get("arm", ""))
    look, control = run.looks.first(), run.arms.first()
    known = known_of(look.said if look else None, control.label if control else "", arm.label)
    if known.is_worse and "confirmed" not in said:
        raise ExperimentError(
            f"{known} To make it live all the same, tick that you know it, and promote it again."
        )
    running.promote(run, arm, **about)


def undo(experiment: Experiment, said: dict[str, str], about: dict[str, Any]) -> None:
    entries = Entry.objects.filter(run__experiment=experiment).select_related("run")
    running.undo(get_object_or_404(entries, pk=number_in(said.get("entry", ""))), **about)


# By its name: what does it, whether it changes what goes live, and what is said then.
DECISIONS: dict[str, tuple[Callable[[Experiment, dict[str, str], dict[str, Any]], None], bool, str]] = {
    "start": (start, False, "It runs; within two seconds everywhere."),
    "stop": (stop, False, "It is stopped: within two seconds all are given what they would get without it."),
    "promote": (promote, True, "{arm} is live now; within two seconds everywhere."),
    "undo": (undo, True, "It is taken back."),
}


def run_of(experiment: Experiment, said: dict[str, str]) -> Run:
    return get_object_or_404(experiment.runs, number=number_in(said.get("run", "")))


def number_in(text: str) -> int:
    """What stands in *text*; 0, which nothing has, for what is no number."""
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def needs(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def who(request: HttpRequest) -> str:
    return cast(User, request.user).get_username()  # the permission was asked of it, so it is logged in


def to_page(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=[pk]))
