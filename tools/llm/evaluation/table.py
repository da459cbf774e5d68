"""What people and programs read of a run. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from telemetry.values.proportions import wilson
from tools.llm.evaluation.comparing import Comparison
from tools.llm.evaluation.plan import Done
from tools.llm.evaluation.statistics import percentile

HEAD = ("deployment", "version", "passed", "of", "95 % interval", "first try", "cost", "p50", "p95", "wrong")
MOST_FAILURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One deployment, told by one version."""

    deployment: str
    version: str
    passed: int
    of: int
    low: float
    high: float
    first_try: int
    usd: float
    p50_ms: float | None
    p95_ms: float | None
    wrong: Mapping[str, int]


def lines(done: Iterable[Done]) -> list[Line]:
    """By deployment and version, in the order in which they were asked first."""
    groups: dict[tuple[str, str], list[Done]] = {}
    for each in done:
        groups.setdefault((each.cell.target.name, each.cell.asked.asked), []).append(each)
    return [line(deployment, asked, group) for (deployment, asked), group in sorted(groups.items())]


def line(deployment: str, version: str, done: Sequence[Done]) -> Line:
    passed = sum(each.grade.passed for each in done)
    low, high = wilson(passed, len(done))
    latencies = [each.did.latency_ms for each in done if not each.did.error]
    wrong: Counter[str] = sum((Counter(each.grade.wrong) for each in done), Counter())
    return Line(
        deployment=deployment,
        version=version,
        passed=passed,
        of=len(done),
        low=low,
        high=high,
        first_try=sum(each.grade.first_try for each in done),
        usd=sum(each.did.usd for each in done),
        p50_ms=percentile(latencies, 0.5),
        p95_ms=percentile(latencies, 0.95),
        wrong=dict(wrong.most_common()),
    )


def table(found: Sequence[Line]) -> str:
    """*found* in columns."""
    rows = [HEAD, *map(_cells, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            word.ljust(width) if place in (0, 1, len(HEAD) - 1) else word.rjust(width)
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(each: Line) -> tuple[str, ...]:
    return (
        each.deployment,
        each.version,
        f"{each.passed / each.of:.0%}",
        str(each.of),
        f"{each.low:.0%} to {each.high:.0%}",
        f"{each.first_try / each.of:.0%}",
        cost(each.usd) or "no price",
        _ms(each.p50_ms),
        _ms(each.p95_ms),
        ", ".join(f"{kind} {times}" for kind, times in each.wrong.items()) or "nothing",
    )


def cost(usd: float) -> str:
    """As `$0.0123`; '' where there is no price."""
    return f"${usd:.4f}" if usd else ""


def spent(usd: float, *, in_lab: bool) -> str:
    """The cost of a run; the lab takes no money, whatever its answers would cost."""
    return f"{cost(usd)} as the real vendors would take" if usd and in_lab else cost(usd)


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f} ms"


def failures(done: Iterable[Done]) -> Iterator[str]:
    """What failed and why, a line each; of many the first ones, and how many more."""
    failed = sorted((each for each in done if not each.grade.passed), key=place)
    for each in failed[:MOST_FAILURES]:
        cell = each.cell
        where = f"{cell.suite.name}/{cell.case.name} at {cell.target.name} ({cell.asked.asked})"
        yield f"{where}: {' '.join(each.grade.why)}"
    if len(failed) > MOST_FAILURES:
        yield f"and {len(failed) - MOST_FAILURES} more: --json has all of them."


def place(each: Done) -> tuple[str, str, str]:
    cell = each.cell
    return cell.suite.name, cell.case.name, cell.target.name


def as_json(
    run: int | None, done: Sequence[Done], comparison: Comparison | None, *, is_whole: bool, code: int
) -> dict[str, Any]:
    """The whole run for programs."""
    return {
        "run": run,
        "is_whole": is_whole,
        "exit_code": code,
        "lines": [asdict(each) for each in lines(done)],
        "comparison": comparison
        and {
            "against": comparison.against,
            "verdict": comparison.verdict.value,
            "said": str(comparison),
            "regressed": comparison.regressed,
            "p": comparison.p,
            "pairs": comparison.pairs,
            "better": [key._asdict() for key in comparison.better],
            "worse": [key._asdict() for key in comparison.worse],
        },
        "results": [_result(each) for each in done],
    }


def _result(each: Done) -> dict[str, Any]:
    cell, did, grade = each.cell, each.did, each.grade
    return {
        "suite": cell.suite.name,
        "case": cell.case.name,
        "deployment": cell.target.name,
        "model": cell.target.model,
        "version": cell.asked.asked,
        "prompt_version": cell.asked.version,
        "repetition": cell.repetition,
        "passed": grade.passed,
        "first_try": grade.first_try,
        "wrong": dict(grade.wrong),
        "why": list(grade.why),
        "calls": [{"tool": call.tool, "arguments": dict(call.arguments)} for call in did.calls],
        "usd": did.usd,
        "latency_ms": round(did.latency_ms, 3),
        "tokens": did.tokens,
        "rounds": did.rounds,
    }
