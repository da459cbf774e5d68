"""What tests of tool calls have."""

from tests.tools.conftest import clock, make_executor, no_edits, state

__all__ = ["clock", "make_executor", "no_edits", "state"]
