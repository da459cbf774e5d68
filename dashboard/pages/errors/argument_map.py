"""The map of argument errors: schema path × model × prompt version → the rate of violations. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.addresses.query_terms import term
from dashboard.pages.errors.queries import Key
from dashboard.queries.edits import Edit
from dashboard.wording import formats
from dashboard.wording.states import ENOUGH_CALLS, State
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import UNKNOWN_TOOL, Outcome
from telemetry.values.proportions import wilson

MOST_TOOLS, MOST_COLUMNS, MOST_LINES = 12, 8, 20
KIND_WORDS = {
    "missing": "missing",
    "unknown": "unknown name",
    "choice": "not a choice",
    "length": "wrong length",
    "range": "out of range",
    "format": "wrong format",
    "type": "wrong type",
    "value": "wrong value",
}
# From which rate on a cell has which shade, and the word that says the same.
LEVELS = ((0.15, 4, "very often"), (0.05, 3, "often"), (0.01, 2, "sometimes"), (0.0, 1, "rarely"))
BETTER, WORSE = State("better", "good"), State("worse", "bad")
UNCLEAR, TOO_FEW = State("no clear change", "unsure"), State("too few calls", "unsure")


@dataclass(frozen=True, slots=True)
class Rate:
    """*count* of *n* calls broke the schema at one path."""

    count: int
    n: int

    @property
    def share(self) -> float:
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.count, self.n)

    @property
    def few(self) -> bool:
        """Too few calls to state a rate."""
        return self.n < ENOUGH_CALLS


@dataclass(frozen=True, slots=True)
class Cell:
    """A rate with its shade (0 to 4), the word for that, and the kind that was most."""

    rate: Rate
    level: int
    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a path after the tool's description was edited."""

    before: Rate
    after: Rate
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """A schema path with its kinds of violation, a cell for each column, and bad values that were sent."""

    path: str
    kinds: str
    count: int
    cells: tuple[Cell, ...]
    change: Change | None
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A model with a prompt version, and the calls whose arguments were read."""

    tool: str
    model: str
    prompt_version: str
    n: int

    @property
    def search(self) -> str:
        """Its calls with bad arguments, as the explorer finds them."""
        words = {"tool": self.tool, "model": self.model, "prompt_version": self.prompt_version}
        return " ".join(["layer:arguments", *(term(name, word) for name, word in words.items() if word)])


@dataclass(frozen=True, slots=True)
class ToolMap:
    """One tool's map; ``bad`` of ``n`` calls had bad arguments. ``cut`` says that not all is shown."""

    tool: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    bad: Rate
    edit: Edit | None
    cut: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """Violations and calls before (0) and after (1) the last edit of a tool's description."""

    edits: Mapping[str, Edit] = field(default_factory=dict)
    violations: Mapping[tuple[str, str, int], int] = field(default_factory=dict)  # by tool, path and side
    calls: Mapping[tuple[str, int], int] = field(default_factory=dict)  # by tool and side


Samples = Mapping[str, Sequence[str]]


def read_calls(tally: Tally) -> int:
    """How many calls had their arguments looked at: all but those whose caller may not call the tool."""
    return tally.calls - tally.of(Outcome.AUTHORIZATION)


def description_edits(edits: Iterable[Edit]) -> dict[str, Edit]:
    """The last edit of each tool's description. *edits* are the oldest first."""
    return {edit.tool: edit for edit in edits if "description changed" in edit.change}


def maps(
    violations: Mapping[Key, int], calls: Mapping[Key, Tally], sides: Sides, samples: Samples
) -> list[ToolMap]:
    """The map of each tool, most violations first.

    *violations* are by tool, model, prompt version, path and kind; *calls* by the first three; *samples* by path.
    """
    totals: Counter[str] = Counter()
    for (tool, *_), count in violations.items():
        totals[tool] += count
    return [_map(tool, violations, calls, sides, samples) for tool, _ in totals.most_common(MOST_TOOLS)]


def silent(violations: Mapping[Key, int], calls: Mapping[Key, Tally]) -> list[tuple[str, int]]:
    """Tools with bad arguments of which no span says which, and how many calls those were."""
    told = {tool for tool, *_ in violations}
    bad: Counter[str] = Counter()
    for (tool, *_), tally in calls.items():
        if tool not in told and tool != UNKNOWN_TOOL:
            bad[tool] += tally.of(Outcome.ARGUMENTS)
    return [(tool, count) for tool, count in bad.most_common() if count]


def _map(
    tool: str, violations: Mapping[Key, int], calls: Mapping[Key, Tally], sides: Sides, samples: Samples
) -> ToolMap:
    own = {key[1:]: count for key, count in violations.items() if key[0] == tool}
    tallies = {key[1:]: tally for key, tally in calls.items() if key[0] == tool}
    hit: Counter[tuple[str, str]] = Counter()
    paths: Counter[str] = Counter()
    for (model, version, path, _), count in own.items():
        hit[model, version] += count
        paths[path] += count
    read = [Column(tool, model, version, read_calls(tally)) for (model, version), tally in tallies.items()]
    # A few calls without a fault say nothing.
    known = [one for one in read if hit[one.model, one.prompt_version] or one.n >= ENOUGH_CALLS]
    known.sort(key=lambda column: (-hit[column.model, column.prompt_version], -column.n))
    columns = tuple(known[:MOST_COLUMNS])
    return ToolMap(
        tool=tool,
        columns=columns,
        lines=tuple(_line(tool, path, columns, own, sides, samples) for path, _ in paths.most_common(MOST_LINES)),
        bad=Rate(sum(tally.of(Outcome.ARGUMENTS) for tally in tallies.values()), sum(column.n for column in read)),
        edit=sides.edits.get(tool),
        cut=len(known) > MOST_COLUMNS or len(paths) > MOST_LINES,
    )


def _line(
    tool: str, path: str, columns: Sequence[Column], own: Mapping[Key, int], sides: Sides, samples: Samples
) -> Line:
    kinds: Counter[str] = Counter()
    for (_, _, other, kind), count in own.items():
        if other == path:
            kinds[kind] += count
    return Line(
        path=path,
        kinds=", ".join(KIND_WORDS.get(kind, kind) for kind, _ in kinds.most_common(2)),
        count=kinds.total(),
        cells=tuple(_cell(path, column, own) for column in columns),
        change=_change(tool, path, sides),
        samples=tuple(samples.get(path, ())),
    )


def _cell(path: str, column: Column, own: Mapping[Key, int]) -> Cell:
    kinds: Counter[str] = Counter()
    for (model, version, other, kind), count in own.items():
        if (model, version, other) == (column.model, column.prompt_version, path):
            kinds[kind] += count
    # A call that is counted in this moment may not be in the calls yet.
    rate = Rate(kinds.total(), max(column.n, kinds.total()))
    if not rate.count:
        return Cell(rate, 0, "none", "")
    level, word = next((level, word) for least, level, word in LEVELS if rate.share >= least)
    kind = kinds.most_common(1)[0][0]
    return Cell(rate, level, "too few" if rate.few else word, KIND_WORDS.get(kind, kind))


def _change(tool: str, path: str, sides: Sides) -> Change | None:
    if tool not in sides.edits:
        return None
    before, after = (
        Rate(count := sides.violations.get((tool, path, side), 0), max(sides.calls.get((tool, side), 0), count))
        for side in (0, 1)
    )
    return Change(before, after, compared(before, after))


def compared(before: Rate, after: Rate) -> State:
    """Whether it became better: only where the two intervals lie apart."""
    if before.few or after.few:
        return TOO_FEW
    if after.interval[1] < before.interval[0]:
        return BETTER
    return WORSE if after.interval[0] > before.interval[1] else UNCLEAR


def change_words(change: Change) -> str:
    """``8.1 % → 2.0 %``, each with its n."""
    sides = [
        f"{formats.percent(rate.share)} of {rate.n:,}" if rate.n else "no calls"
        for rate in (change.before, change.after)
    ]
    return " → ".join(sides)
