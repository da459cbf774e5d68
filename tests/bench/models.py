"""All that is measured of models: prompts, calls, failover, memory. `python -m tests.bench models` runs it."""

from collections.abc import Iterator

from tests.bench import chat_memory, failover, model_calls, prompts, rungs


def run() -> Iterator[dict[str, object]]:
    """The figures, one after the other."""
    yield from prompts.run()
    yield from rungs.run()
    yield from model_calls.run()
    yield from failover.run()
    yield from chat_memory.run()
