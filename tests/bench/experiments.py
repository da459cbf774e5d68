"""What it takes to choose the arm of a unit: without a query, for each question that a model is asked."""

import statistics
import time
from collections.abc import Iterator

from tools.llm.experiments import live
from tools.llm.experiments.assignment import Arm, Running
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.units import Units
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version

ROUNDS = 100_000
TARGET_US = 50.0


def run() -> Iterator[dict[str, object]]:
    texts = {(Family.DETAILED, Rung.DETAILED): "You help."}
    arms = tuple(Arm(n, f"arm-{n}", 1.0, Version("bench", n, texts)) for n in range(1, 5))
    running = Running(1, 1, "bench", "salt", "conversation", "production", 0.5, 0, arms)
    with live.pinned(live.Snapshot({Subject(SubjectKind.PROMPT, "bench"): running})):
        took = sorted(took_us(Units(f"chat-{number}")) for number in range(ROUNDS))
    yield {
        "bench": "assignment of a unit",
        "p50_us": round(statistics.median(took), 2),
        "p95_us": round(took[int(ROUNDS * 0.95)], 2),
        "p99_us": round(took[int(ROUNDS * 0.99)], 2),
        "target": f"p99 <= {TARGET_US:g} us",
    }


def took_us(units: Units) -> float:
    began = time.perf_counter()
    live.arm_of("bench", "production", units)
    return (time.perf_counter() - began) * 1_000_000
