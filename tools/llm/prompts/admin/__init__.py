"""Admins write versions, compare and try them, and move labels here."""

from tools.llm.prompts.admin.prompts import PromptAdmin

__all__ = ["PromptAdmin"]
