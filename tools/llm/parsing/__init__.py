"""From whatever a model wrote to the tool calls that it asks for. See docs/parsing.md."""

from tools.llm.parsing.parse import parse_calls
from tools.llm.parsing.parsed import Parsed, ParsedCall, Problem, ProblemKind

__all__ = ["Parsed", "ParsedCall", "Problem", "ProblemKind", "parse_calls"]
