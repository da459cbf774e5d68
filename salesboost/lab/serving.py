"""Serves a lab until a signal comes, and says where."""

import signal
from collections.abc import Callable
from threading import Event

from salesboost.lab.lab import Lab
from salesboost.lab.vendors import VENDORS


def serve(lab: Lab, say: Callable[[str], None]) -> None:
    """Serve *lab* until SIGTERM or SIGINT; *say* writes lines for the person at the terminal."""
    told = Event()
    # Both by ourselves, as a shell has its background jobs ignore SIGINT; before it is told where it serves.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with lab:
        width = max(map(len, VENDORS))
        lines = [f"{name:<{width}}  {lab.url(name)}" for name in VENDORS]
        say("\n".join(["Provider lab; any key will do. The base addresses:", *lines]))
        say(f"What goes wrong is told to {lab.server.url}/lab/faults, what is said to /lab/replies.")
        told.wait()
