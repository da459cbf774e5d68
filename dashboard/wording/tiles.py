"""One big number at the top of a page, and the words beside it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """What ``dashboard/parts/tile.html`` shows. ``spark`` is the path of a sparkline, None where there is none.

    ``href`` is the search for the calls behind the number, ``why`` the place on the page that explains its *tone*.
    """

    label: str
    value: str
    unit: str = ""
    note: str = ""
    spark: str | None = None
    href: str = ""
    tone: str = ""
    why: str = ""
