"""An executor for turns, without the outside world."""

import pytest

from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.registry import ToolRegistry
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState


@pytest.fixture
def make_executor():
    """``make_executor(tool, …)``: one over these tools, whose state is its own."""
    made = []

    def make(*tools):
        registry = ToolRegistry()
        registry.register_all(tools)
        made.append(ToolExecutor(registry, state=MemoryState()))
        return made[-1]

    with live.pinned(Snapshot()):
        yield make
        for executor in made:
            executor.close()
