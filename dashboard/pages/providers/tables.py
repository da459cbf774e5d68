"""What the page's tables of requests and of calls hold. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.addresses import query_terms
from dashboard.addresses.selection import Selection
from dashboard.pages.providers.queries import Cost, Model
from dashboard.wording import formats
from dashboard.wording.formats import caller_name
from dashboard.wording.states import ENOUGH_CALLS, State, rate_shown, state_of
from telemetry.counts.outcome_counts import Tally
from telemetry.health.model_calls import Figures
from telemetry.semconv import DEPLOYMENT, OPERATION_CHAT
from telemetry.values.proportions import wilson

NO_FIGURES, NO_TALLY, NO_COST = Figures(), Tally(), Cost()


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A deployment's requests: those that failed of all, how long answers took, and who stood in for whom."""

    name: str
    figures: Figures
    failed_share: float | None
    interval: tuple[float, float] | None
    kinds: str
    query: str


@dataclass(frozen=True, slots=True)
class CallsRow:
    """Tool calls of a model, all or those of one tool by one version of a prompt."""

    model: str
    state: State
    tally: Tally
    rate: float | None
    query: str
    tool: str = ""
    prompt_version: str = ""
    deployments: str = ""
    cost: str = ""
    each: str = ""


def request_rows(names: Sequence[str], found: Mapping[str, Figures], period: str) -> list[RequestRow]:
    """A row for each deployment of these *names*, and for those that are no more and were asked all the same."""
    gone = sorted(name for name in found if name not in names)
    return [_request_row(name, found.get(name, NO_FIGURES), period) for name in (*names, *gone)]


def _request_row(name: str, figures: Figures, period: str) -> RequestRow:
    enough = figures.calls >= ENOUGH_CALLS
    terms = (query_terms.term(f"attr.{DEPLOYMENT}", name), query_terms.term("operation", OPERATION_CHAT))
    return RequestRow(
        name=name,
        figures=figures,
        failed_share=figures.failed / figures.calls if enough else None,
        interval=wilson(figures.failed, figures.calls) if figures.calls else None,
        kinds=", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in figures.errors.items()),
        query=urlencode({"q": " ".join(terms), "period": period}),
    )


def model_rows(
    selection: Selection,
    models: Mapping[Model, Sequence[str]],
    tallies: Mapping[Model, Tally],
    costs: Mapping[Model, Cost],
) -> list[CallsRow]:
    """A row for each of *models*, which have the names of their deployments: success, and what one cost."""
    return [
        CallsRow(
            model=caller_name(*model),
            state=state_of(tally),
            tally=tally,
            rate=rate_shown(tally),
            query=selection.calls(provider=model[0], model=model[1]),
            deployments=", ".join(names),
            cost=cost_words(cost),
            each=each_words(cost, tally),
        )
        for model, names in sorted(models.items())
        for tally, cost in [(tallies.get(model, NO_TALLY), costs.get(model, NO_COST))]
    ]


def tool_rows(selection: Selection, tallies: Mapping[tuple[str, str, str, str], Tally]) -> list[CallsRow]:
    """A row for each model, tool and version of a prompt that was called."""
    return [
        CallsRow(
            model=caller_name(provider, model),
            state=state_of(tally),
            tally=tally,
            rate=rate_shown(tally),
            query=selection.calls(tool=tool, provider=provider, model=model, prompt_version=version),
            tool=tool,
            prompt_version=version or formats.NONE,
        )
        for (provider, model, tool, version), tally in sorted(tallies.items())
    ]


def cost_words(cost: Cost) -> str:
    """Never nothing for what nobody knows."""
    if not cost.unpriced:
        return formats.usd(cost.usd)
    return f"at least {formats.usd(cost.usd)}" if cost.usd else "not priced"


def each_words(cost: Cost, tally: Tally) -> str:
    """The cost of all requests over the calls that succeeded."""
    if not tally.succeeded or (cost.unpriced and not cost.usd):
        return formats.NONE
    return cost_words(Cost(cost.usd / tally.succeeded, cost.unpriced))
