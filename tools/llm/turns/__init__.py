"""Turns: from what a user said to the model's answer, over a route, with the calls of tools between."""

from tools.llm.turns.conversation import Conversation, Model
from tools.llm.turns.execute import Turns
from tools.llm.turns.question import Question
from tools.llm.turns.turn import EndedBy, Limits, Turn, TurnFailed

__all__ = ["Conversation", "EndedBy", "Limits", "Model", "Question", "Turn", "TurnFailed", "Turns"]
