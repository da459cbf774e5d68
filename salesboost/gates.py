"""Gates between the processes that `up` starts: each loads its code at once, and goes on when its gate is open.

A gate is a pipe that nobody writes to: who waits reads, until `up` closes its side. What comes later, or was
started by somebody else, waits for nothing.
"""

import os

GATE = "SALESBOOST_GATE"  # of `up` for its children; no setting


class Gate:
    """The side of `up`."""

    def __init__(self) -> None:
        self._reads, self._closes = os.pipe()

    @property
    def fds(self) -> tuple[int, ...]:
        """What a child has to inherit."""
        return (self._reads,)

    @property
    def environment(self) -> dict[str, str]:
        """How a child knows."""
        return {GATE: str(self._reads)}

    def open(self) -> None:
        """Let everybody through, from now on."""
        if self._closes >= 0:
            os.close(self._closes)
            self._closes = -1


def wait_at_gate() -> None:
    """Wait until this process may go on: what it needs of others is there."""
    if gate := os.environ.pop(GATE, ""):
        os.read(int(gate), 1)
        os.close(int(gate))
