"""What a process says of the slots of a tool, of which there are as many as calls may run at the same time."""

from dataclasses import dataclass

# How long slots stay taken of which their process says nothing more: that long after a kill they are free again.
LEASE_S = 5.0
# How long a process counts as waiting that says nothing more.
WAITING_S = 1.0
# A process whose calls have waited for so long gets its share of the slots that others hold.
PATIENCE_S = 0.1


@dataclass(frozen=True, slots=True)
class SlotWish:
    """A call asks for one slot, in the same question as for all else."""

    slot: str  # the name that it will have: a process knows its slots by name
    process: str
    most: int  # of all processes together


@dataclass(frozen=True, slots=True)
class Exchange:
    """A process gives back slots of one tool, says that it still has others, and asks for more."""

    tool: str
    process: str
    most: int
    holds: int  # slots after giving back
    waiting: int  # calls that wait for their turn
    back: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()  # names of new ones; the first of them are granted


@dataclass(frozen=True, slots=True)
class Exchanged:
    """How many of the wanted slots were granted, and how many others wait for that are held beyond one's share."""

    granted: int
    owed: int


@dataclass(frozen=True, slots=True)
class InUse:
    """A tool's slots taken, and calls that wait, in all processes."""

    taken: int
    waiting: int
