"""Which price holds for a model call, and what it makes of the call's tokens. Pure.

A price is one provider's, for one model or for all whose names begin alike (``llama-*``), from a day on, and for
calls of more than so many input tokens. A later row replaces an earlier one of the same model and threshold.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from telemetry.cost.names import is_release, scopes, variants, without_release

MILLION = Decimal(1_000_000)
SMALLEST_USD = Decimal("1e-9")  # the column's last decimal
# Spans may invent names without end; what was found for so many is remembered.
REMEMBERED = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars for a million tokens of each kind; None: cached tokens are billed as any other input."""

    provider: str
    model: str  # lower case; a star at its end stands for any rest
    effective_from: date  # UTC
    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal | None = None
    cache_creation_usd: Decimal | None = None
    above_input_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call. Those read from or written to a prompt cache are part of the input."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_creation_tokens: int = 0

    @classmethod
    def told(cls, given: int | None, output: int | None, cache_read: int, cache_creation: int) -> "Usage":
        """As an instrumentation tells it; some leave what was cached out of their input, seen where it is less."""
        cached = cache_read + cache_creation
        total = given or 0
        return cls(total if total >= cached else total + cached, output or 0, cache_read, cache_creation)


def cost_of(usage: Usage, rates: Rates) -> Decimal:
    """US dollars for *usage*, to the billionth."""
    read, written = usage.cache_read_tokens, usage.cache_creation_tokens
    read_usd = rates.input_usd if rates.cache_read_usd is None else rates.cache_read_usd
    written_usd = rates.input_usd if rates.cache_creation_usd is None else rates.cache_creation_usd
    total = (
        (usage.input_tokens - read - written) * rates.input_usd
        + read * read_usd
        + written * written_usd
        + usage.output_tokens * rates.output_usd
    )
    return (total / MILLION).quantize(SMALLEST_USD)


class Book:
    """All prices at one moment."""

    def __init__(self, rates: Iterable[Rates] = ()) -> None:
        self._exact: defaultdict[tuple[str, str], list[Rates]] = defaultdict(list)
        for row in sorted(rates, key=lambda row: row.effective_from):
            self._exact[row.provider, row.model].append(row)
        self._providers = {provider for provider, _ in self._exact}
        # The newest release of a model that has no price without one.
        self._newest: dict[tuple[str, str], str] = {}
        self._beginnings: defaultdict[str, list[str]] = defaultdict(list)
        for provider, model in sorted(self._exact):
            self._newest[provider, without_release(model)] = model
            if model.endswith("*"):
                self._beginnings[provider].append(model[:-1])
        for beginnings in self._beginnings.values():
            beginnings.sort(key=len, reverse=True)
        self._found: dict[tuple[str, str], Sequence[Rates]] = {}

    def cost(self, provider: str, model: str, at: datetime, usage: Usage) -> Decimal | None:
        """What *usage* cost at that moment; None where there is no price: unknown is not free."""
        day = at.astimezone(UTC).date()
        holding: dict[int, Rates] = {}
        for row in self.rates(provider, model):  # oldest first
            above = row.above_input_tokens
            if row.effective_from <= day and (not above or usage.input_tokens > above):
                holding[above] = row
        return cost_of(usage, holding[max(holding)]) if holding else None

    def rates(self, provider: str, model: str) -> Sequence[Rates]:
        """All prices that were ever entered for this model, oldest first; empty if it has none."""
        key = (provider, model)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[key] = self._find(provider, model) if model else ()
        return found

    def _find(self, provider: str, model: str) -> Sequence[Rates]:
        names = list(dict.fromkeys(variants(model)))
        for scope in dict.fromkeys(scopes(provider, model, self._providers)):
            for name in names:
                if rows := self._exact.get((scope, name)):
                    return rows
            for name in () if is_release(model) else names:  # another release may have another price
                if newest := self._newest.get((scope, name)):
                    return self._exact[scope, newest]
            for beginning in self._beginnings.get(scope, ()):
                if any(name.startswith(beginning) for name in names):
                    return self._exact[scope, f"{beginning}*"]
        return ()
