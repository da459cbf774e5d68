"""Which deployment is asked, and which one when that fails."""

from tools.llm.routing.failover import Action, Moment
from tools.llm.routing.route import Entry, NoDeployment, Route
from tools.llm.routing.router import Discard, Routed, Router

__all__ = ["Action", "Discard", "Entry", "Moment", "NoDeployment", "Route", "Routed", "Router"]
