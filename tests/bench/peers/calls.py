"""Calls of one tool: ours, recorded and not, LangChain's, FastMCP's, and a bare script of Valkey's."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from salesboost.children import plain_environment
from telemetry.models import Span
from tests.bench.peers.comparisons import (
    CALLS,
    FASTMCP,
    LANGCHAIN,
    RECORDED,
    REDIS,
    UNRECORDED,
    Comparison,
    Said,
    check_equal_work,
    rows,
)
from tests.bench.peers.environments import python_of
from tests.bench.rounds import Ratio, alternate
from tests.telemetry.processes import ROOT, recorder

PROGRAMS = Path(__file__).parent / "programs"


def compared(folder: Path, rounds: int) -> list[tuple[Comparison, Ratio]]:
    """Measured with a recorder that runs all the time; the peers' environments are below *folder*."""
    runs: dict[str, Callable[[], Said]] = {
        RECORDED: recorded,
        LANGCHAIN: partial(theirs, python_of("langchain", folder), "langchain_tool.py"),
        UNRECORDED: partial(ours, "unrecorded"),
        FASTMCP: partial(theirs, python_of("fastmcp", folder), "fastmcp_tool.py"),
        REDIS: partial(theirs, Path(sys.executable), "redis_script.py"),
    }
    with recorder(os.environ["DATABASE_URL"], Path(os.environ["DATA_DIR"])):
        said = alternate(runs, rounds)
    check_equal_work(said)
    return rows(CALLS, said)


def recorded() -> Said:
    """Ours, of which every call has to be in the store at the end."""
    before = Span.objects.count()
    said = ours("recorded")
    stored, made = Span.objects.count() - before, sum(way["made"] for way in said.values())
    if stored != made:
        raise RuntimeError(f"{made} calls were made and {stored} recorded")
    return said


def ours(how: str) -> Said:
    return answer([sys.executable, "-m", "tests.bench.peers.ours", how], dict(os.environ))


def theirs(python: Path, program: str) -> Said:
    """With nothing of our environment: a variable of somebody's might turn on tracing."""
    environment = plain_environment(os.environ) | {"REDIS_URL": os.environ["REDIS_URL"]}
    return answer([str(python), str(PROGRAMS / program)], environment)


def answer(command: list[str], environment: dict[str, str]) -> Said:
    """The last line that *command* prints; where it fails, what it said of that is on our terminal."""
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=600
    )
    said: Said = json.loads(ran.stdout.splitlines()[-1])
    print(json.dumps({"program": command[-1], **said}), file=sys.stderr, flush=True)
    return said
