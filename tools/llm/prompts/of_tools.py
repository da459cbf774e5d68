"""Prompts that say what models are told of a tool: which is whose."""

from collections.abc import Iterable

# A prompt of this name and a tool's, with - for what a prompt's name cannot have, is what models are told of it.
PREFIX = "tool-"


def prompt_of(tool: str) -> str:
    """The name of the prompt that describes *tool*."""
    return PREFIX + "".join(sign if _is_kept(sign) else "-" for sign in tool.lower())


def described_by(prompt: str, tools: Iterable[str]) -> str:
    """The one of *tools* that *prompt* describes; '' where it is the prompt of none."""
    if not prompt.startswith(PREFIX):
        return ""
    return next((tool for tool in tools if prompt_of(tool) == prompt), "")


def _is_kept(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "_-")
