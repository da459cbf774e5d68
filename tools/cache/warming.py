"""Loads in the background what would otherwise be loaded while a process's first call waits for it."""

import logging
import os
import threading

from tools.cache.semantic import questions
from tools.running.runtime import get_executor

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_warmed: set[int] = set()  # by process id: a forked child starts cold


def start() -> threading.Thread | None:
    """Begin, without waiting for it; None where this process has begun before."""
    with _lock:
        if os.getpid() in _warmed:
            return None
        _warmed.add(os.getpid())
    thread = threading.Thread(target=warm, name="salesboost-warming", daemon=True)
    thread.start()
    return thread


def warm() -> None:
    """Make one look-up as calls with a question make it: its model alone takes longer than a call waits."""
    try:
        if any(tool.cache.semantic for tool in get_executor().registry):
            questions.find("", "a question", 1.0)
    except Exception as error:  # whatever it is: the first call does without
        logger.warning("the first questions in other words will not be found: %r", error)
