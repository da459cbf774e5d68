"""A line of a few pixels, as the path of an SVG. Pure."""

from collections.abc import Sequence
from math import inf

BRIDGED = 4


def spark(values: Sequence[float | None], floor: float | None = None) -> str:
    """The path of a sparkline in a box of 200 by 28; empty for fewer than two values.

    None is a value that nobody observed: the line ends before a run of more than BRIDGED of them, and begins anew.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low = min(known) if floor is None else min(floor, *known)
    height = (max(known) - low) or 1.0
    path, last = [], -inf
    for index, value in enumerate(values):
        if value is None:
            continue
        x, y = index * 200 / (len(values) - 1), 25 - 22 * (value - low) / height
        pen = "L" if index - last <= BRIDGED + 1 else "M"
        path.append(f"{pen}{x:.1f} {y:.1f}")
        last = index
    return " ".join(path)
