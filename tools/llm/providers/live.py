"""Deployments and routes as this process knows them: asked without a query.

A thread, which the first use starts, reads the tables every second, so an edit acts within two seconds in every
process; while Postgres is away what was read last stays.
"""

from collections.abc import Mapping
from datetime import date

from tools.llm import pricing
from tools.llm.calling.deployment import Deployment
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry, Route
from tools.process.renewal import Renewed


class Providers(Renewed[Snapshot]):
    """The deployments and routes of one process."""

    def __init__(self) -> None:
        super().__init__(Snapshot(), "deployments")

    def read(self) -> Snapshot:
        from tools.llm.providers.reading import read_snapshot

        return read_snapshot()

    def after_reading(self) -> None:
        """Who asks models prices what they say, on an event loop: this thread keeps the prices new."""
        pricing.renew()

    def deployment(self, name: str) -> Deployment:
        """What to ask by *name*. Raises UnknownRoute, and CannotAsk for one that is off or has no key."""
        return self.current().deployment(name)

    def route(self, name: str) -> Route:
        """The route *name*, or that of the one deployment with this name, with those that can be asked.

        Raises UnknownRoute, which names near ones, and CannotAsk.
        """
        return self.current().route(name)

    def routes(self) -> Mapping[str, tuple[Entry, ...]]:
        """The entries of each route by its name, also those that cannot be asked now."""
        return self.current().routes

    def deployments(self) -> list[Known]:
        """All of them, by name, also those that cannot be asked: ``lacks`` says why."""
        return list(self.current().deployments.values())

    def expiring(self, today: date) -> list[Known]:
        """Those whose model ends within 30 days of *today* or is over, the first to end first."""
        near = [known for known in self.deployments() if known.ending.is_near(today)]
        return sorted(near, key=lambda known: known.ending.on or today)


_live = Providers()
deployment = _live.deployment
route = _live.route
routes = _live.routes
deployments = _live.deployments
expiring = _live.expiring
current = _live.current
start = _live.start
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
