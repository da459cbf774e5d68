"""The price list that a new installation starts with: LiteLLM's, and models in use that it lacks.

LiteLLM itself takes seconds and 190 MB to import; only its file is read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from telemetry.cost.models import BEGINNING, Price, Source
from telemetry.cost.names import model_name, provider_name
from telemetry.cost.pricing import MILLION

FILE = "model_prices_and_context_window_backup.json"
# Where tokens are text. Those of sound and pictures have prices that a span's token counts cannot be split by.
MODES = {None, "chat", "completion", "responses", "embedding", "rerank", "moderation"}
LAST_DECIMAL = Decimal("1e-6")  # of the columns
ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
# Our columns and LiteLLM's names; a threshold's have a suffix.
COLUMNS = {
    "input_usd": "input_cost_per_token",
    "output_usd": "output_cost_per_token",
    "cache_read_usd": "cache_read_input_token_cost",
    "cache_creation_usd": "cache_creation_input_token_cost",
}

# Provider, model, then US dollars for a million tokens: input, output, cache read, cache written. From the
# providers' price lists, for models that LiteLLM has dropped since but applications still call.
LACKING: tuple[tuple[str, str, str, str, str | None, str | None], ...] = (
    ("anthropic", "claude-opus-4-1", "15", "75", "1.50", "18.75"),
    ("anthropic", "claude-opus-4", "15", "75", "1.50", "18.75"),
    ("anthropic", "claude-sonnet-4", "3", "15", "0.30", "3.75"),
    ("anthropic", "claude-3-7-sonnet", "3", "15", "0.30", "3.75"),
    ("anthropic", "claude-3-5-sonnet", "3", "15", "0.30", "3.75"),
    ("anthropic", "claude-3-5-haiku", "0.80", "4", "0.08", "1"),
    ("anthropic", "claude-3-opus", "15", "75", "1.50", "18.75"),
    ("anthropic", "claude-3-haiku", "0.25", "1.25", "0.03", "0.30"),
    ("gcp.gemini", "gemini-2.0-flash", "0.10", "0.40", "0.025", None),
    ("gcp.gemini", "gemini-2.0-flash-lite", "0.075", "0.30", None, None),
    ("gcp.vertex_ai", "gemini-2.0-flash", "0.15", "0.60", None, None),
    ("groq", "llama-3.3-70b-versatile", "0.59", "0.79", None, None),
    ("groq", "llama-3.1-8b-instant", "0.05", "0.08", None, None),
    ("openai", "o1-mini", "1.10", "4.40", "0.55", None),
    ("x_ai", "grok-4", "3", "15", "0.75", None),
    ("x_ai", "grok-3", "3", "15", "0.75", None),
    ("x_ai", "grok-3-mini", "0.30", "0.50", "0.075", None),
)


def shipped_prices() -> dict[tuple[str, str, int], Price]:
    """Unsaved rows by provider, model and threshold; LiteLLM's where both lists have a model."""
    rows = [*litellm_prices(read_litellm()), *_lacking()]
    return {(row.provider, row.model, row.above_input_tokens): row for row in reversed(rows)}


def read_litellm() -> dict[str, dict[str, Any]]:
    """LiteLLM's map as its package holds it. Raises FileNotFoundError where it is not installed."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("litellm is not installed: its price list cannot be read.")
    entries: dict[str, dict[str, Any]] = json.loads(
        Path(spec.origin).with_name(FILE).read_text(), parse_float=Decimal
    )
    return entries


def litellm_prices(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Price]:
    """Unsaved rows of LiteLLM's *entries*.

    An entry without a price, or with 0 for both input and output, says nothing: such models stay unpriced.
    """
    for name, entry in entries.items():
        if entry.get("mode") in MODES and "*" not in name and entry.get("litellm_provider"):
            provider = provider_name(str(entry["litellm_provider"]))
            model = _without_provider(model_name(name), provider)
            for above in (0, *sorted(int(found[1]) * 1000 for key in entry if (found := ABOVE.fullmatch(key)))):
                usd = _usd(entry, f"_above_{above // 1000}k_tokens" if above else "")
                if usd["input_usd"] or usd["output_usd"]:
                    yield _row(provider, model, Source.LITELLM, usd, above)


def _lacking() -> Iterator[Price]:
    for provider, model, *figures in LACKING:
        usd = {
            column: None if figure is None else Decimal(figure)
            for column, figure in zip(COLUMNS, figures, strict=True)
        }
        yield _row(provider, model, Source.SHIPPED, usd)


def _usd(entry: Mapping[str, Any], suffix: str) -> dict[str, Decimal | None]:
    figures = {column: entry.get(f"{name}{suffix}") for column, name in COLUMNS.items()}
    usd = {
        column: None if figure is None else (Decimal(figure) * MILLION).quantize(LAST_DECIMAL)
        for column, figure in figures.items()
    }
    return {**usd, "input_usd": usd["input_usd"] or Decimal(0), "output_usd": usd["output_usd"] or Decimal(0)}


def _row(
    provider: str, model: str, source: Source, usd: Mapping[str, Decimal | None], above_input_tokens: int = 0
) -> Price:
    return Price(
        provider=provider,
        model=model,
        above_input_tokens=above_input_tokens,
        effective_from=BEGINNING,
        source=source,
        **usd,
    )


def _without_provider(name: str, provider: str) -> str:
    head, _, rest = name.partition("/")
    return rest if rest and provider_name(head) == provider else name
