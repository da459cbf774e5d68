"""Admins edit models, deployments and routes here, and try whether a deployment answers."""

from tools.llm.providers.admin.deployments import DeploymentAdmin
from tools.llm.providers.admin.models import CapabilitiesAdmin
from tools.llm.providers.admin.routes import RouteAdmin

__all__ = ["CapabilitiesAdmin", "DeploymentAdmin", "RouteAdmin"]
