"""What a shape of text is."""

import re
from collections.abc import Callable
from typing import NamedTuple

from tools.llm.parsing.parsed import Found
from tools.llm.parsing.text import Text


class TextShape(NamedTuple):
    """Calls written into text: a pattern that starts them, and what reads on from there.

    The pattern starts with a character that the search stops at: ``< [ {``, a line break, a fence or ``◁``. The
    reader looks at each character a bounded number of times and answers None only if it read little.
    """

    opener: str
    read: Callable[[Text, re.Match[str]], Found | None]
