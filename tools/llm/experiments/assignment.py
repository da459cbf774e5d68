"""Which arm a unit is given: by lot, alike in every process, the same for good. Pure.

Two numbers are made of the experiment's salt and the unit. The first says whether the unit is in the experiment at
all: who is in at 1 % is in at 10 %, too. The second says which arm it has, so nobody changes arms as more come in.
Experiments have different salts, and therefore know nothing of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from tools.llm.prompts.rendering import Version

_WHOLE = float(1 << 64)


@dataclass(frozen=True, slots=True)
class Arm:
    """One of those that are compared. ``pk`` is its row's, ``sha256`` of what it was when the run started."""

    pk: int
    label: str
    weight: float
    version: Version | None = None  # of a prompt
    value: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A run that is going on, as a process knows it. ``share`` of all units is in it; ``stratum`` is its step."""

    pk: int
    number: int
    experiment: str
    salt: str
    unit: str
    label: str  # of a prompt: who asks for another is not in it
    share: float
    stratum: int
    arms: tuple[Arm, ...]


def lots(salt: str, unit: str) -> tuple[float, float]:
    """Two numbers from 0 to below 1 that have nothing to do with each other."""
    digest = blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=16, key=salt.encode()[:64]).digest()
    return int.from_bytes(digest[:8]) / _WHOLE, int.from_bytes(digest[8:]) / _WHOLE


def assigned(run: Running, unit: str) -> Arm | None:
    """The arm of *unit*; None for one that is not in the experiment."""
    entry, lot = lots(run.salt, unit)
    return drawn(run.arms, lot) if unit and entry < run.share else None


def drawn(arms: Sequence[Arm], lot: float) -> Arm:
    """The arm at *lot*, each having its weight's share."""
    reached, whole = 0.0, sum(arm.weight for arm in arms)
    for arm in arms:
        reached += arm.weight / whole
        if lot < reached:
            return arm
    return arms[-1]
