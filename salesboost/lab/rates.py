"""What vendors say of rates beside an answer, in headers of their own. The lab itself limits nobody."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from salesboost.lab.asked import Asked, tokens_of

REQUESTS = 1_000  # a minute
TOKENS = 200_000
RESET_S = 60


def rates(asked: Asked, now_s: float, *, is_spent: bool) -> Mapping[str, str]:
    """The headers beside the answer to *asked*; *is_spent*: it is refused, as nothing is left."""
    written = WRITTEN.get(asked.vendor)
    spent = tokens_of(json.dumps(asked.body))
    return written(0 if is_spent else REQUESTS - 1, 0 if is_spent else TOKENS - spent, now_s) if written else {}


def openai(requests: int, tokens: int, now_s: float) -> Mapping[str, str]:
    """As OpenAI and Groq write it; when it begins anew, as a length of time."""
    left = {"requests": (REQUESTS, requests), "tokens": (TOKENS, tokens)}
    return {
        f"x-ratelimit-{what}-{name}": said
        for name, (limit, remaining) in left.items()
        for what, said in (("limit", str(limit)), ("remaining", str(remaining)), ("reset", f"{RESET_S // 60}m0s"))
    }


def anthropic(requests: int, tokens: int, now_s: float) -> Mapping[str, str]:
    """As Anthropic writes it; when it begins anew, as a moment."""
    at = datetime.fromtimestamp(int(now_s) + RESET_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    left = {"requests": (REQUESTS, requests)}
    left |= dict.fromkeys(("tokens", "input-tokens", "output-tokens"), (TOKENS, tokens))
    return {
        f"anthropic-ratelimit-{name}-{what}": said
        for name, (limit, remaining) in left.items()
        for what, said in (("limit", str(limit)), ("remaining", str(remaining)), ("reset", at))
    }


# The others say nothing of it beside an answer, or nothing that is known for sure.
WRITTEN: Mapping[str, Callable[[int, int, float], Mapping[str, str]]] = {
    "openai": openai,
    "groq": openai,
    "anthropic": anthropic,
}
