"""A text that has to fit: what may be cut is cut, the longest first. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil

from tools.llm.prompts.text import Template

CHARS_PER_TOKEN = 4  # as it is with English: an estimate, and too low for Chinese
ELLIPSIS = "…"


def tokens_of(text: str) -> int:
    """How many tokens *text* is, about."""
    return ceil(len(text) / CHARS_PER_TOKEN)


def fitted(
    template: Template, values: Mapping[str, str], may_be_cut: Iterable[str], most_tokens: int
) -> tuple[str, dict[str, int]]:
    """The text, and how many characters each variable lost for it; it may still be too long."""
    values, lost, text = dict(values), dict[str, int](), template.fill(values)
    used = Counter(template.names)
    for name in sorted((one for one in may_be_cut if one in used), key=lambda one: (-len(values[one]), one)):
        over = len(text) - most_tokens * CHARS_PER_TOKEN
        if over <= 0:
            break
        value = values[name]
        kept = cut(value, len(value) - ceil(over / used[name]) - len(ELLIPSIS))
        if len(kept) + len(ELLIPSIS) < len(value):
            values[name], lost[name] = kept + ELLIPSIS, len(value) - len(kept)
            text = template.fill(values)
    return text, lost


def cut(value: str, most: int) -> str:
    """The beginning of *value*, *most* characters or fewer: up to a blank, where there is one."""
    if not 0 < most < len(value):
        return value if most > 0 else ""
    head = value[:most]
    if head[-1].isspace() or value[most : most + 1].isspace():
        return head.rstrip()
    words = head.rsplit(None, 1)
    return words[0] if len(words) == 2 else head.rstrip()
