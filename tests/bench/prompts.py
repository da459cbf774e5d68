"""What it takes to make the text for a model out of a long prompt, without a query."""

import statistics
import time
from collections.abc import Iterator

from tools.llm.prompts import live
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable

CHARS, VARIABLES, ROUNDS = 10_000, 20, 2_000
TARGET_MS = 1.0


def run() -> Iterator[dict[str, object]]:
    """One figure without and one with a budget, for which most variables have to be cut."""
    names = [f"variable_{number}" for number in range(VARIABLES)]
    values = dict.fromkeys(names, "Acme asked twice for a discount. " * 5)
    for kind, most_tokens in (("", None), (", cut to fit", 2_600)):
        snapshot = live.Snapshot({"bench": {"production": a_version(names)}})
        with live.pinned(snapshot):
            took = sorted(took_ms(values, most_tokens) for _ in range(ROUNDS))
        yield {
            "bench": f"prompt of {CHARS // 1_000} kB with {VARIABLES} variables{kind}",
            "p50_ms": round(statistics.median(took), 3),
            "p95_ms": round(took[int(ROUNDS * 0.95)], 3),
            "target": f"p95 <= {TARGET_MS} ms",
        }


def a_version(names: list[str]) -> Version:
    paragraph = "Look up facts with the tools before you advise, and say so where one fails. "
    text = "\n".join(f"{paragraph * 6}{{{{{name}}}}}" for name in names)
    text += "\n" + "x" * max(0, CHARS - len(text))
    variables = tuple(Variable(name=name, may_be_cut=True) for name in names)
    return Version("bench", 1, {(Family.DETAILED, Rung.DETAILED): text}, variables)


def took_ms(values: dict[str, str], most_tokens: int | None) -> float:
    began = time.perf_counter()
    live.rendered("bench", model="gpt-6-sol", variables=values, most_tokens=most_tokens)
    return (time.perf_counter() - began) * 1_000
