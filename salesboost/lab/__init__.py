"""Model providers on loopback: real wire formats, scripted answers and faults; no key, no network."""

from salesboost.lab.asked import Asked, Reply, Tool, ToolOutput, ToolUse, Turn
from salesboost.lab.lab import FAULTS, Lab
from salesboost.lab.script import UnknownFault

__all__ = ["FAULTS", "Asked", "Lab", "Reply", "Tool", "ToolOutput", "ToolUse", "Turn", "UnknownFault"]
