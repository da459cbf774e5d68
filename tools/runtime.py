"""The one executor of a process."""

import os
import threading

from tools.executor import ToolExecutor

_lock = threading.Lock()
_executors: dict[int, ToolExecutor] = {}  # by process id: a forked child builds its own


def get_executor() -> ToolExecutor:
    """The executor of this process, over the default registry; built when first asked for."""
    found = _executors.get(os.getpid())
    if found is None:
        with _lock:
            found = _executors.get(os.getpid()) or ToolExecutor()
            _executors.clear()
            _executors[os.getpid()] = found
    return found


def shutdown() -> None:
    """Send what calls left behind and end the threads; the next ``get_executor`` builds anew."""
    from tools import live

    executor = _executors.pop(os.getpid(), None)
    if executor is not None:
        executor.close()
    live.stop()
