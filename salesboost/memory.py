"""Keeps Python's garbage collector from stopping a server that has loaded everything."""

import gc

# A call leaves some hundred objects behind for a moment: at the usual 700 they are looked through all the time.
THRESHOLD = 20_000


def settle() -> None:
    """Leave alone what is loaded by now, and look for cycles less often.

    A full collection goes through every module, class and schema of the process, some 100 ms in which it answers
    nobody, and finds nothing there (``gc.freeze`` is made for this).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 20, 50)
