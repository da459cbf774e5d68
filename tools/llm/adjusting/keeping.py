"""Where standings are kept: in tables, read once a second, or in this process alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.db import connection

from tools.llm.adjusting.deciding import AT_THE_TOP, Move, Standing
from tools.process.renewal import Renewed


@dataclass(frozen=True, slots=True)
class Place:
    """What a standing is of: a prompt in one version (``support@3``), and the deployment that is asked."""

    prompt: str
    deployment: str


class Keeping(Protocol):
    """Knows standings without a query."""

    def standing(self, place: Place) -> Standing: ...

    def move(self, place: Place, seen: Standing, move: Move) -> bool:
        """Put *move* into effect, unless the standing is no longer as it was *seen*; False then. Blocks."""
        ...


@dataclass(slots=True)
class InProcess:
    """For programs without a database."""

    standings: dict[Place, Standing] = field(default_factory=dict)

    def standing(self, place: Place) -> Standing:
        return self.standings.get(place, AT_THE_TOP)

    def move(self, place: Place, seen: Standing, move: Move) -> bool:
        if self.standing(place) != seen:
            return False
        self.standings[place] = move.to
        return True


class InTables(Renewed[Mapping[Place, Standing]]):
    """The same standings in all processes: a move acts at once here, and within two seconds elsewhere."""

    def __init__(self) -> None:
        super().__init__({}, "rungs of prompts")

    def read(self) -> Mapping[Place, Standing]:
        from tools.llm.adjusting.models import RungStanding

        return {Place(row.prompt, row.deployment): row.plain() for row in RungStanding.objects.all()}

    def standing(self, place: Place) -> Standing:
        return self.current().get(place, AT_THE_TOP)

    def move(self, place: Place, seen: Standing, move: Move) -> bool:
        from tools.llm.adjusting.moving import moved

        try:
            done = moved(place, seen, move)
            self.refresh()
        finally:
            if not connection.in_atomic_block:
                connection.close()  # back to the pool: this thread may be any, and not be needed again
        return done


live = InTables()
