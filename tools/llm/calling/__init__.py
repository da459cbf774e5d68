"""Asking a model: over the network, recorded as a span."""

from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment

__all__ = ["Deployment", "ModelClient"]
