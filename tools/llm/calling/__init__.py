"""Asking a model: over the network, recorded as a span, and in turns with the tools that it calls."""

from tools.llm.calling.client import ModelClient
from tools.llm.calling.conversation import Conversation, Model
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.turn import Limits, Turn, TurnFailed, Turns

__all__ = ["Conversation", "Deployment", "Limits", "Model", "ModelClient", "Turn", "TurnFailed", "Turns"]
