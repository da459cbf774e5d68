"""What of a picture each vendor takes, and what it counts for it in tokens. Pure.

From the vendors' pages on vision, as of 2026; where one scales down what is larger, that size is ours, too. Bytes
are before base64, which makes four of three. All vendors take PNG and JPEG, so nothing else is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """Of one vendor: in pixels, bytes and pictures; ``tokens`` of a picture that is small enough."""

    side: int  # of the longer edge
    pixels: int = 0  # of the whole; 0: no more than its side says
    bytes_each: int = 5_000_000
    bytes_all: int = 14_000_000
    most: int = 100
    tokens: Callable[[int, int], int]


def by_area(width: int, height: int) -> int:
    """Anthropic's formula; also near to models that look at squares of 28 pixels."""
    return ceil(width * height / 750)


def by_patches(width: int, height: int) -> int:
    """OpenAI's for models from GPT-5.4 on: squares of 32 pixels, 2,500 at most. Its older ones count less."""
    return min(2_500, ceil(width / 32) * ceil(height / 32))


def by_tiles(width: int, height: int) -> int:
    """xAI's: 256 for each square of 448 pixels, six at most, and for the whole."""
    return 256 * (1 + min(6, ceil(width / 448) * ceil(height / 448)))


def fixed(width: int, height: int) -> int:
    """Gemini 3's, at its usual resolution."""
    return 1_120


ANTHROPIC = Takes(
    side=1_568, pixels=1_150_000, bytes_each=3_700_000, bytes_all=20_000_000, tokens=by_area
)  # 5 MB in base64 each, 32 MB a request
OTHERS = Takes(side=2_048, tokens=by_area)
BY_PROVIDER: dict[str, Takes] = {
    "anthropic": ANTHROPIC,
    "openai": Takes(side=2_048, bytes_each=15_000_000, bytes_all=35_000_000, most=500, tokens=by_patches),
    "gemini": Takes(side=3_072, bytes_each=7_000_000, tokens=fixed),  # 20 MB a request
    "groq": Takes(side=2_048, bytes_each=2_900_000, bytes_all=2_900_000, most=5, tokens=by_area),  # 4 MB a request
    "xai": Takes(side=2_048, bytes_each=7_000_000, tokens=by_tiles),
    "openrouter": ANTHROPIC,  # whoever is behind it takes as much
}


def takes_of(provider: str) -> Takes:
    return BY_PROVIDER.get(provider, OTHERS)


def scaled(size: Size, takes: Takes) -> Size:
    """*size* as it is sent: in its proportions, as large as may be; never larger than it is."""
    width, height = size
    by = min(1.0, takes.side / max(size))
    if takes.pixels:
        by = min(by, sqrt(takes.pixels / (width * height)))
    return max(1, int(width * by)), max(1, int(height * by))


def tokens_of(size: Size, provider: str) -> int:
    """What *provider* counts for a picture of *size*, once it is made to fit."""
    takes = takes_of(provider)
    return takes.tokens(*scaled(size, takes))
