"""What is compared with what, and how it is told: pure functions of what the programs said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.rounds import Ratio, ratio

Said = Mapping[str, Any]  # what one run of a program printed
MEDIAN, P99 = "median_us", "p99_us"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a program says of one way to call."""

    program: str
    way: str
    name: str

    def of(self, said: Mapping[str, Sequence[Said]]) -> list[float]:
        """It, round by round."""
        return [float(one[self.way][self.name]) for one in said[self.program]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours over theirs, and the ratio that was aimed at, if one was."""

    what: str
    ours: Figure
    theirs: Figure
    unit: str = "µs"
    at_most: float | None = None


RECORDED, UNRECORDED = "ours, recorded", "ours, not recorded"
LANGCHAIN, FASTMCP, REDIS = "LangChain", "FastMCP", "redis-py"
PLAIN, P99_OF_PLAIN = Figure(RECORDED, "plain", MEDIAN), Figure(RECORDED, "plain", P99)
BARE, P99_OF_BARE = Figure(UNRECORDED, "plain", MEDIAN), Figure(UNRECORDED, "plain", P99)
LIMITED, BARE_LIMITED = Figure(RECORDED, "limited", MEDIAN), Figure(UNRECORDED, "limited", MEDIAN)
AINVOKE, P99_OF_AINVOKE = Figure(LANGCHAIN, "ainvoke", MEDIAN), Figure(LANGCHAIN, "ainvoke", P99)
CALL_TOOL, P99_OF_CALL_TOOL = Figure(FASTMCP, "server", MEDIAN), Figure(FASTMCP, "server", P99)
CLIENT, EVALSHA = Figure(FASTMCP, "client", MEDIAN), Figure(REDIS, "evalsha", MEDIAN)
CALLS = (
    Comparison("a recorded call, median / LangChain's `ainvoke`", PLAIN, AINVOKE, at_most=0.35),
    Comparison("a recorded call, p99 / LangChain's `ainvoke`, p99", P99_OF_PLAIN, P99_OF_AINVOKE),
    Comparison("a recorded call, p99 / its own median", P99_OF_PLAIN, PLAIN, at_most=5),
    Comparison("a recorded call, median / FastMCP's `server.call_tool`", PLAIN, CALL_TOOL),
    Comparison("a recorded call, p99 / FastMCP's `server.call_tool`, p99", P99_OF_PLAIN, P99_OF_CALL_TOOL),
    Comparison("a recorded call, median / FastMCP's `Client(server).call_tool`", PLAIN, CLIENT),
    Comparison("a call not recorded, median / LangChain's `ainvoke`", BARE, AINVOKE),
    Comparison("a call not recorded, p99 / LangChain's `ainvoke`, p99", P99_OF_BARE, P99_OF_AINVOKE),
    Comparison("a call not recorded, median / FastMCP's `server.call_tool`", BARE, CALL_TOOL),
    Comparison("a call not recorded, p99 / its own median", P99_OF_BARE, BARE),
    Comparison("a recorded call with one round trip, median / redis-py's `evalsha`", LIMITED, EVALSHA, at_most=2),
    Comparison("the same, not recorded / redis-py's `evalsha`", BARE_LIMITED, EVALSHA),
)
OURS, PHOENIX = "ours", "Phoenix"
SPANS = tuple(
    Comparison(
        f"OTLP spans a second until all are {until} / Phoenix's",
        *(Figure(program, "otlp", f"{until}_per_s") for program in (OURS, PHOENIX)),
        unit="/s",
    )
    for until in ("answered", "stored")
)


def check_equal_work(said: Mapping[str, Sequence[Said]]) -> None:
    """Raise ValueError unless all made as many calls, rightly answered, of a tool that is described alike."""
    runs = [(program, one) for program, rounds in said.items() for one in rounds]
    ways = [(f"{program}, {name}", way) for program, one in runs for name, way in one.items()]
    if wrong := [name for name, way in ways if way["right"] != way["calls"]]:
        raise ValueError(f"wrong answers: {wrong}")
    if len({way["calls"] for _, way in ways}) > 1:
        raise ValueError(f"not as many calls: {[(name, way['calls']) for name, way in ways]}")
    tools = [(name, way["description"], way["arguments"]) for name, way in ways if "arguments" in way]
    if any(tool[1:] != tools[0][1:] for tool in tools):
        raise ValueError(f"not the same tool: {tools}")


def rows(comparisons: Iterable[Comparison], said: Mapping[str, Sequence[Said]]) -> list[tuple[Comparison, Ratio]]:
    return [(each, ratio(each.ours.of(said), each.theirs.of(said))) for each in comparisons]


def table(compared: Iterable[tuple[Comparison, Ratio]]) -> str:
    """Markdown, as docs/benchmarks.md has it."""
    heads = ["ours / theirs", "ours", "theirs", "ratio", "of one round", "target"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for each, found in compared:
        cells = [
            each.what,
            f"{amount(found.ours)} {each.unit}",
            f"{amount(found.theirs)} {each.unit}",
            f"**{found.value:.2f}**",
            f"{found.least:.2f} to {found.most:.2f}",
            judged(each.at_most, found.value),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def amount(value: float) -> str:
    """With three digits, so that what is small is not rounded away."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def judged(at_most: float | None, value: float) -> str:
    if at_most is None:
        return ""
    return f"≤ {at_most:g}" if value <= at_most else f"≤ {at_most:g}: missed"
