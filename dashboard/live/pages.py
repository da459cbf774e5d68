"""The pages that are pushed: what each reads, and the parts of its template that a push replaces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, SEE_CHOICE, SEE_EXPERIMENTS, SEE_INCIDENTS, SEE_JOBS, SEE_PROMPTS
from dashboard.pages.choice import views as choice
from dashboard.pages.costs import views as costs
from dashboard.pages.experiments import views as experiments
from dashboard.pages.incidents import views as incidents
from dashboard.pages.jobs import views as jobs
from dashboard.pages.overview import views as overview
from dashboard.pages.prompts import views as prompts
from dashboard.pages.providers import views as providers
from dashboard.pages.store import views as store
from dashboard.pages.system import views as system
from dashboard.pages.tools import views as tools

Context = dict[str, Any]
Fragments = dict[str, str]


@dataclass(frozen=True, slots=True)
class LivePage:
    """``parts`` are partials of *template*, each an element whose id is the partial's name.

    ``permission`` is what the page asks of who opens it. The parts are drawn once for all who have that, so
    nothing in them may ask for more: no payloads.
    """

    template: str
    parts: tuple[str, ...]
    context: Callable[[Selection, datetime], Context]
    permission: str


# A live page is a room in dashboard/pages/ and a line here.
PAGES: Mapping[str, LivePage] = {
    "overview": LivePage(overview.TEMPLATE, overview.PARTS, overview.context, SEE_CALLS),
    "tools": LivePage(tools.TEMPLATE, tools.PARTS, tools.context, SEE_CALLS),
    "providers": LivePage(providers.TEMPLATE, providers.PARTS, providers.context, SEE_CALLS),
    "costs": LivePage(costs.TEMPLATE, costs.PARTS, costs.context, SEE_CALLS),
    "prompts": LivePage(prompts.TEMPLATE, prompts.PARTS, prompts.context, SEE_PROMPTS),
    "prompt": LivePage(prompts.TEMPLATE_OF_ONE, prompts.PARTS_OF_ONE, prompts.context_of_one, SEE_PROMPTS),
    "experiments": LivePage(experiments.TEMPLATE, experiments.PARTS, experiments.context, SEE_EXPERIMENTS),
    "choice": LivePage(choice.TEMPLATE, choice.PARTS, choice.context, SEE_CHOICE),
    "incidents": LivePage(incidents.TEMPLATE, incidents.PARTS, incidents.context, SEE_INCIDENTS),
    "jobs": LivePage(jobs.TEMPLATE, jobs.PARTS, jobs.context, SEE_JOBS),
    "system": LivePage(system.TEMPLATE, system.PARTS, system.context, SEE_CALLS),
    "store": LivePage(store.TEMPLATE, store.PARTS, store.context, SEE_CALLS),
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What a browser looks at. Equal watches get the same bytes."""

    page: str
    selection: Selection = field(default_factory=Selection)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Watch | None":
        """The watch that the parameters of a socket's address ask for; None for a page that there is not."""
        page = query.get("page", "")
        return cls(page, Selection.from_query(query)) if page in PAGES else None

    @property
    def permission(self) -> str:
        """What whoever watches has to have."""
        return PAGES[self.page].permission


def render(watch: Watch) -> Fragments:
    """The parts of the page by name, as HTML. Reads the database, so call it in a thread."""
    page = PAGES[watch.page]
    context = page.context(watch.selection, timezone.now())
    return {part: render_to_string(f"{page.template}#{part}", context) for part in page.parts}


def render_fault(error: Exception, since: datetime) -> Fragments:
    """What takes the verdict's place while *error* keeps the page from being drawn. No database."""
    from django.db import Error

    if isinstance(error, Error):
        tag, text = "no data", "The database does not answer, so these numbers stand still"
        detail = f"since {since:%H:%M:%S} UTC · calls go on and are kept on disk until it is back"
    else:
        tag, text = "fault", "This page could not be drawn, so these numbers stand still"
        detail = f"since {since:%H:%M:%S} UTC · the server's log has the reason"
    verdict = {"tone": "bad", "tag": tag, "text": text, "detail": detail, "subject": text}
    return {"verdict": render_to_string("dashboard/verdict.html", {"verdict": verdict})}
