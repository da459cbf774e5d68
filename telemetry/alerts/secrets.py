"""The secrets of routes, sealed with the newest key."""

from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast

from telemetry.alerts.models import Route
from telemetry.database.sealing import UNOPENED, Unopened, is_current, unseal


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were sealed anew, and the routes whose secret no key opens."""

    count: int
    lost: list[str]

    def lines(self) -> list[str]:
        """What there is to say, if anything."""
        done = f"{self.count} secret{'' if self.count == 1 else 's'} sealed with the newest key."
        return [done] * bool(self.count) + [f"The route {name} cannot work: {UNOPENED}" for name in self.lost]


def reseal() -> Resealed:
    """Seal with the present key what was sealed with a former one. Run again, it changes nothing."""
    count, lost = 0, []
    routes = Route.objects.exclude(secret="").annotate(stored=Cast("secret", TextField()))
    for pk, name, stored in routes.order_by("name").values_list("pk", "name", "stored"):
        plain = unseal(stored)
        if isinstance(plain, Unopened):
            lost.append(name)
        elif not is_current(stored):
            # Unless somebody gave another secret meanwhile.
            count += routes.filter(pk=pk, stored=stored).update(secret=plain)
    return Resealed(count, lost)
