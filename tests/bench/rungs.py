"""What it takes to choose the rung of a prompt, with the standings of many at hand."""

import random
import time
from collections.abc import Iterator

from tools.llm.adjusting.adjuster import Adjuster
from tools.llm.adjusting.deciding import PATIENCE_S, Standing
from tools.llm.adjusting.keeping import InProcess, Place
from tools.llm.prompts.families import Rung
from tools.process.background import BackgroundLoop
from tools.state.memory import MemoryState
from tools.state.reporter import Reporter

PLACES, CHOICES = 1_000, 20_000
TARGET_MS = 1.0


def run() -> Iterator[dict[str, object]]:
    """Half of the standings are being probed."""
    now, state, background = time.time(), MemoryState(), BackgroundLoop("bench-rungs")
    places = [Place(f"prompt_{number}@3", "groq") for number in range(PLACES)]
    ages = (0.0, PATIENCE_S)
    standings = {place: Standing(Rung.SIMPLE, now - ages[at % 2]) for at, place in enumerate(places)}
    adjuster = Adjuster(state, Reporter(state, background), InProcess(standings))
    took = sorted(took_ms(adjuster, random.choice(places)) for _ in range(CHOICES))
    background.stop()
    yield {
        "bench": f"rung of a prompt, of {PLACES:,} standings",
        "p50_ms": round(took[CHOICES // 2], 4),
        "p95_ms": round(took[int(CHOICES * 0.95)], 4),
        "target": f"p95 <= {TARGET_MS} ms",
    }


def took_ms(adjuster: Adjuster, place: Place) -> float:
    began = time.perf_counter()
    adjuster.rung(place)
    return (time.perf_counter() - began) * 1_000
