"""Runs are kept, and found again. Queries."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from telemetry.redaction import redact
from tools.llm.evaluation.comparing import Comparison, Key, Row, Verdict, aligned, compare
from tools.llm.evaluation.errors import CannotEvaluate
from tools.llm.evaluation.models import CaseResult, Run
from tools.llm.evaluation.plan import Cell, Done

# So far back the run is looked for that asked the same.
LOOKED_BACK = 50


def kept(run: Run, done: Iterable[Done], *, is_whole: bool, ended_at: datetime | None = None) -> Run:
    """*run* as it ended, stored with what was *done*: all in one transaction."""
    rows = [row_of(each) for each in done]
    run.ended_at, run.is_whole = ended_at or timezone.now(), is_whole
    run.asked, run.passed = len(rows), sum(row.passed for row in rows)
    run.usd = sum(row.usd for row in rows)
    with transaction.atomic():
        run.save()
        for row in rows:
            row.run = run
        CaseResult.objects.bulk_create(rows, batch_size=500)
    return run


def row_of(done: Done) -> CaseResult:
    """What is stored of *done*, without the run; texts of models are redacted as those of spans."""
    cell, did, grade = done.cell, done.did, done.grade
    return CaseResult(
        **key_of(cell)._asdict(),
        digest=digest_of(cell),
        provider=cell.target.provider,
        model=cell.target.model,
        prompt_version=cell.asked.version,
        repetition=cell.repetition,
        passed=grade.passed,
        first_try=grade.first_try,
        wrong=dict(grade.wrong),
        why=[stored(sentence) for sentence in grade.why],
        calls=[stored(str(call)) for call in did.calls],
        usd=did.usd,
        latency_ms=did.latency_ms,
        tokens=did.tokens,
        rounds=did.rounds,
    )


def stored(text: str) -> str:
    """*text* as Postgres can hold it, without secrets; a model may write half a character."""
    return redact(text.replace("\0", "").encode(errors="replace").decode())


def key_of(cell: Cell) -> Key:
    return Key(cell.suite.name, cell.case.name, cell.target.name, cell.asked.asked)


def digest_of(cell: Cell) -> str:
    return cell.case.digest(cell.suite.system)


def rows_of(done: Iterable[Done]) -> list[Row]:
    return [Row(key_of(each.cell), digest_of(each.cell), each.grade.passed) for each in done]


def rows_of_run(run: Run, suites: Sequence[str]) -> list[Row]:
    """The results of *suites* in *run*."""
    found = run.results.filter(suite__in=suites)
    return [
        Row(Key(suite, case, deployment, asked), digest, passed)
        for suite, case, deployment, asked, digest, passed in found.values_list(
            "suite", "case", "deployment", "asked", "digest", "passed"
        )
    ]


def run_of(number: int) -> Run:
    """Raises CannotEvaluate where there is none."""
    run = Run.objects.filter(pk=number).first()
    if run is None:
        last = Run.objects.first()
        there = f"the last one is {last.pk}" if last else "there is none yet"
        raise CannotEvaluate(f"There is no run {number}: {there}.")
    return run


def compared(run: Run, done: Sequence[Done], against: Run | None = None) -> Comparison | None:
    """What was *done* in *run* beside the run *against*; else beside the last that asked some of the same.

    One that was a regression itself is passed over, or who runs the same again would be told that all is well.
    None where there is none.
    """
    in_lab, rows = run.in_lab, rows_of(done)
    suites = sorted({row.key.suite for row in rows})
    if against is not None:
        before = aligned(rows, rows_of_run(against, suites))
        return compare(rows, before, against.pk, in_lab=in_lab)
    alike = Run.objects.filter(in_lab=in_lab, rung=run.rung, is_whole=True)
    alike = alike.filter(results__suite__in=suites).distinct()
    for earlier in alike.filter(regressed=False)[:LOOKED_BACK]:
        found = compare(rows, rows_of_run(earlier, suites), earlier.pk, in_lab=in_lab)
        if found.verdict is not Verdict.NOTHING:
            over = alike.filter(regressed=True, pk__gt=earlier.pk).values_list("pk", flat=True)
            return replace(found, passed_over=tuple(reversed(over[:LOOKED_BACK])))
    return None


def told(run: Run, comparison: Comparison | None) -> None:
    """Note in *run*, which is still to be stored, what the comparison came to."""
    if comparison is not None:
        run.against_id, run.verdict = comparison.against, comparison.verdict.value
        run.said, run.regressed = str(comparison), comparison.regressed
