"""Ports for the servers that tests start, which no other worker of pytest is given, nor a connection takes."""

import os
from collections.abc import Iterator
from itertools import cycle

from salesboost.services import port_is_free

# Below what Linux gives to connections and to who asks for any port (net.ipv4.ip_local_port_range, 32768 upwards):
# a server that is stopped for a while would else find its port taken when it is started again.
FIRST, BLOCKS, SIZE = 12_000, 10, 2_000
_ports: dict[int, Iterator[int]] = {}


def free_port() -> int:
    """A loopback port of this worker's own block that nobody listens on; the next call has another."""
    process = os.getpid()
    if process not in _ports:
        _ports[process] = cycle(block(os.environ.get("PYTEST_XDIST_WORKER", ""), process))
    for _ in range(SIZE):
        if port_is_free(port := next(_ports[process])):
            return port
    raise RuntimeError("All ports of this worker's block are taken: end what listens there.")


def block(worker: str, process: int) -> list[int]:
    """The ports of *worker* (gw0, gw1, …); the first differs by process, for there may be two runs at once."""
    number = int(worker.removeprefix("gw") or BLOCKS - 1) % BLOCKS
    begin = process * 97 % SIZE
    ports = [FIRST + number * SIZE + place for place in range(SIZE)]
    return ports[begin:] + ports[:begin]
