"""What alerting stores: rules and where they stand, incidents and their timeline, routes and deliveries."""

from telemetry.alerts.models.incidents import Incident, IncidentEvent
from telemetry.alerts.models.routes import Delivery, Route
from telemetry.alerts.models.rules import Judgement, Rule, RuleFault, RuleState, Severity, State

__all__ = [
    "Delivery",
    "Incident",
    "IncidentEvent",
    "Judgement",
    "Route",
    "Rule",
    "RuleFault",
    "RuleState",
    "Severity",
    "State",
]
