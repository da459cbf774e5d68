"""Why spans cannot be stored now, for who submits them."""

# While Postgres takes nothing, each process tries that often, whatever is submitted to it.
RETRY_FIRST_S, RETRY_MOST_S = 0.2, 10.0


class QueueFull(Exception):
    """Too many spans wait already; try again in a second."""


class StoreUnavailable(Exception):
    """The spans could not be stored now; nothing of them is. Before *wait_s* nothing is tried again."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
