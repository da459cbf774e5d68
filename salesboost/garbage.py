"""Keeps Python's garbage collector from stopping a server that has loaded everything."""

import gc

# A call leaves some hundred objects behind for a moment: at the usual 700 they are looked through all the time.
# What is left is looked through again with that of five more times, some 25 ms in which nothing else runs; with
# 400,000 objects, which a large batch of spans has, it would be 150. All that lives, as seldom as can be.
THRESHOLDS = 10_000, 5, 400


def settle() -> None:
    """Leave alone what is loaded by now, and look for cycles less often.

    A full collection goes through every module, class and schema of the process, some 100 ms in which it answers
    nobody, and finds nothing there (``gc.freeze`` is made for this).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
