"""Tells a Ctrl-C from a tool that raises what looks like one."""

import signal
import threading
from traceback import walk_tb


def is_of_signal(error: BaseException) -> bool:
    """Whether the process was told by SIGINT to end, and *error* says so wherever its main thread happened to be.

    Handlers run in the main thread only, so what other threads raise is the tool's own. Python's own handler is no
    Python code and leaves no frame: while it is in place, a KeyboardInterrupt of the main thread counts as Ctrl-C.
    daphne's raises nothing, and asyncio's leaves its frame.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        return isinstance(error, KeyboardInterrupt)
    code = getattr(getattr(handler, "func", handler), "__code__", None)  # asyncio's is a partial
    return any(frame.f_code is code for frame, _ in walk_tb(error.__traceback__))
