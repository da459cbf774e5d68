"""Runs an evaluation, from its options to its place in the history: for ``manage.py evaluate``, and for tests."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from salesboost.lab import Lab
from salesboost.testing.deployments import VENDORS, deployment, no_vendor
from tools.decisions import live as policies
from tools.definition.registry import ToolRegistry
from tools.llm import pricing
from tools.llm.calling import ModelClient
from tools.llm.evaluation import history
from tools.llm.evaluation.asking import Asker
from tools.llm.evaluation.comparing import Comparison
from tools.llm.evaluation.errors import CannotEvaluate
from tools.llm.evaluation.estimate import Estimate, estimate
from tools.llm.evaluation.fields import fault_of_text
from tools.llm.evaluation.models import Run
from tools.llm.evaluation.plan import Cell, Done, Target, cells
from tools.llm.evaluation.reading import suites
from tools.llm.evaluation.running import Ran, run
from tools.llm.evaluation.sandbox import Sandbox
from tools.llm.evaluation.suite import Suite
from tools.llm.evaluation.telling import asked_of
from tools.llm.prompts import live as prompts
from tools.llm.prompts.admin.trying import costs
from tools.llm.prompts.families import Rung
from tools.llm.prompts.models import PRODUCTION
from tools.llm.providers import live
from tools.llm.routing import Route
from tools.llm.routing.health import Health
from tools.running.runtime import get_executor

OK, REGRESSION, USAGE, BELOW, INTERRUPTED = 0, 1, 2, 3, 130
# Of a whole number in the history.
MOST_WHOLE = 2**31 - 1
MOST_REPETITIONS = 10_000
Progress = Callable[[Done, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be evaluated. Without *deployments* a lab is asked, all its vendors or just *vendors*.

    *at_least* is the share of cases that has to pass; None: all in the lab, any of real models.
    """

    suites: Sequence[str] = ()
    deployments: Sequence[str] = ()
    vendors: Sequence[str] = VENDORS
    versions: Sequence[str] = (PRODUCTION,)
    rung: Rung = Rung.DETAILED
    tags: Sequence[str] = ()
    repetitions: int = 1
    side_by_side: int = 8
    seed: int = 0
    against: int | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def in_lab(self) -> bool:
        return not self.deployments


@dataclass(slots=True)
class Evaluated:
    """What came of it. ``comparison`` is None for a run that has none before it."""

    run: Run
    done: list[Done] = field(default_factory=list)
    comparison: Comparison | None = None
    code: int = OK


def evaluate(
    wanted: Wanted,
    registry: ToolRegistry,
    *,
    may_ask: Callable[[Estimate], bool] = lambda estimate: not estimate.requests,
    progress: Progress = lambda done, so_far, of: None,
) -> Evaluated:
    """Ask all that is *wanted*, keep it, and compare it with the run before.

    *may_ask* is told what it costs before anybody is asked; by itself it lets nobody spend money. Raises BadSuite
    for files that are none, UnknownRoute and CannotAsk for deployments, and CannotEvaluate.
    """
    check(wanted)
    read = chosen(suites(wanted.suites, registry), wanted.tags)
    against = None if wanted.against is None else history.run_of(wanted.against)
    told = [(suite, asked_of(suite, list(dict.fromkeys(wanted.versions)), wanted.rung)) for suite in read]
    with held(), targets(wanted) as asked:
        plan = list(cells(told, asked, wanted.repetitions))
        pricing.renew()
        if not may_ask(cost := estimate(plan, registry, pricing.usd)):
            raise CannotEvaluate(f"This asks real models, {cost}: say --pay to ask them.")
        row = new_run(wanted, read)
        ran = asyncio.run(ask_all(plan, registry, wanted, progress))
    evaluated = Evaluated(row, ran.done)
    evaluated.comparison = None if ran.interrupted else history.compared(row, ran.done, against)
    history.told(row, evaluated.comparison)
    history.kept(row, ran.done, is_whole=not ran.interrupted)
    evaluated.code = code_of(wanted, evaluated, is_whole=not ran.interrupted)
    return evaluated


def check(wanted: Wanted) -> None:
    """Raises CannotEvaluate for what the history could not keep, before anybody is asked, and paid."""
    texts = {"note": [wanted.note], "prompt-version": wanted.versions, "tag": wanted.tags}
    for option, said in texts.items():
        if fault := next(filter(None, map(fault_of_text, said)), ""):
            raise CannotEvaluate(f"--{option} {fault}.")
    if not -MOST_WHOLE - 1 <= wanted.seed <= MOST_WHOLE:
        raise CannotEvaluate(
            f"--seed {wanted.seed} is too large: write one from {-MOST_WHOLE - 1} to {MOST_WHOLE}."
        )
    if wanted.repetitions > MOST_REPETITIONS:
        raise CannotEvaluate(f"--repeat {wanted.repetitions} is too often: write {MOST_REPETITIONS} at most.")


def chosen(read: Sequence[Suite], tags: Sequence[str]) -> list[Suite]:
    """The suites with the cases of *tags*. Raises CannotEvaluate where none is left."""
    found = [suite for suite in (each.with_tags(tags) for each in read) if suite.cases]
    if not found:
        known = sorted({tag for suite in read for case in suite.cases for tag in case.tags})
        raise CannotEvaluate(f"No case has one of these tags: there are {', '.join(known) or 'none'}.")
    return found


@contextmanager
def held() -> Iterator[None]:
    """Prompts and edits of tools stay as they are now: who moves a label meanwhile does not split a run in two."""
    with prompts.pinned(prompts.current()), policies.pinned(policies.current()):
        yield


@contextmanager
def targets(wanted: Wanted) -> Iterator[list[Target]]:
    """Whom to ask; the lab runs meanwhile."""
    if not wanted.in_lab:
        yield [target_of(live.route(name)) for name in dict.fromkeys(wanted.deployments)]
        return
    if unknown := [name for name in wanted.vendors if name not in VENDORS]:
        raise CannotEvaluate(no_vendor(unknown[0]))
    with Lab(seed=wanted.seed) as lab:
        yield [target_of(Route.of(deployment(lab, vendor))) for vendor in dict.fromkeys(wanted.vendors)]


def target_of(route: Route) -> Target:
    first = route.entries[0].deployment
    return Target(
        name=route.name,
        provider=first.provider_name,
        model=first.model,
        route=route,
        costs=any(costs(entry.deployment) for entry in route.entries),
    )


def new_run(wanted: Wanted, read: Sequence[Suite]) -> Run:
    return Run(
        in_lab=wanted.in_lab,
        seed=wanted.seed,
        suites=[suite.name for suite in read],
        versions=list(wanted.versions),
        rung=wanted.rung.value,
        repetitions=wanted.repetitions,
        note=wanted.note[:300],
    )


async def ask_all(plan: Sequence[Cell], registry: ToolRegistry, wanted: Wanted, progress: Progress) -> Ran:
    """What came of *plan*, or of the part that was done when somebody interrupted it."""
    sandbox, client, so_far = Sandbox(registry), ModelClient(), 0

    def note(done: Done) -> None:
        nonlocal so_far
        so_far += 1
        progress(done, so_far, len(plan))

    try:
        asker = Asker(client, sandbox, None if wanted.in_lab else shared_health())
        return await run(asker, plan, side_by_side=wanted.side_by_side, progress=note)
    finally:
        await client.aclose()
        await asyncio.to_thread(sandbox.close)


def shared_health() -> Health:
    """Budgets, rates and rests of this installation: real deployments are asked within them."""
    executor = get_executor()
    return Health(executor.state, executor.reporter)


def code_of(wanted: Wanted, evaluated: Evaluated, *, is_whole: bool) -> int:
    """With which code the command ends."""
    if not is_whole:
        return INTERRUPTED
    if evaluated.comparison is not None and evaluated.comparison.regressed:
        return REGRESSION
    at_least = float(wanted.in_lab) if wanted.at_least is None else wanted.at_least
    return BELOW if evaluated.run.passed < at_least * evaluated.run.asked else OK
