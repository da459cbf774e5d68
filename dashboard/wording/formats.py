"""Numbers as people read them: sensible digits, a unit, and a narrow no-break space before it. Pure."""

from datetime import datetime
from decimal import Decimal

THIN = "\u202f"
NONE = "–"


def count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"


def percent(share: float | None, digits: int = 1) -> str:
    """``0.812`` as ``81.2 %``. Never rounds up to 100 % what is not all, nor down to 0 % what is not nothing.

    What is less than the least that is written is ``< 0.1 %``: of many small shares the sum would be far from all.
    """
    if share is None:
        return NONE
    is_less = 0 < share * 100 < 10.0**-digits / 2
    return f"{'<' + THIN if is_less else ''}{percent_digits(share, digits)}{THIN}%"


def percent_digits(share: float, digits: int = 1) -> str:
    """The number of ``percent`` alone."""
    least = 10.0**-digits
    value = round(share * 100, digits)
    if share < 1:
        value = min(value, 100 - least)
    if share > 0:
        value = max(value, least)
    return f"{value:.{0 if value in (0, 100) else digits}f}"


def interval(bounds: tuple[float, float], digits: int = 1) -> str:
    """A confidence interval of shares, as ``78.9 – 83.3``; the unit stands beside it."""
    low, high = (percent_digits(bound, digits) for bound in bounds)
    return f"{low} – {high}"


def ms(value: float | None) -> str:
    """Milliseconds: ``0.2 ms``, ``38 ms``, ``1,240 ms``, from 10 s on ``12.4 s``."""
    if value is None:
        return NONE
    if value >= 10_000:
        return f"{value / 1000:,.1f}{THIN}s"
    return f"{value:,.1f}{THIN}ms" if value < 10 else f"{value:,.0f}{THIN}ms"


def frequency(per_second: float) -> tuple[str, str]:
    """A rate as number and unit: ``("22.4", "/s")``; below one a second by minute, below that by hour."""
    for factor, unit in ((1, "/s"), (60, "/min"), (3600, "/h")):
        if per_second * factor >= 1 or unit == "/h":
            return (f"{per_second * factor:,.1f}", unit)
    raise AssertionError("the last unit always returns")


def span_of(seconds: float) -> str:
    """A length of time in at most two units: ``0.8 s``, ``24 min``, ``3 h 5 min``, ``2 d 4 h``."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f}{THIN}s"
    if seconds < 60:
        return f"{seconds:.0f}{THIN}s"
    minutes = int(seconds // 60)
    units = ((1440, "d"), (60, "h"), (1, "min"))
    for index, (size, unit) in enumerate(units):
        if minutes >= size:
            rest = (minutes % size) // units[index + 1][0] if size > 1 else 0
            more = f" {rest}{THIN}{units[index + 1][1]}" if rest else ""
            return f"{minutes // size}{THIN}{unit}{more}"
    raise AssertionError("at least a minute was left")


def points(share: float) -> str:
    """A difference of shares in percentage points: ``5.9 points``."""
    return f"{share * 100:.1f}{THIN}points"


def clock(moment: datetime) -> str:
    """Hours and minutes, UTC."""
    return f"{moment:%H:%M}"


def span_words(seconds: int) -> str:
    """A step of time: ``10 s``, ``2 min``, ``4 h``."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size}{THIN}{unit}"
    return f"{seconds}{THIN}s"


def usd(value: Decimal | None) -> str:
    """US dollars: ``$0``, ``$0.00042``, ``$0.0123``, ``$4.20``, ``$1,240``; never ``$0`` for something."""
    if value is None:
        return NONE
    if value >= 1000:
        return f"${value:,.0f}"
    if value == 0 or value >= 1:
        return f"${value:.2f}" if value else "$0"
    digits = max(2, 1 - value.adjusted())
    return f"${value:.{digits}f}"


def tokens(count: int) -> tuple[str, str]:
    """Tokens with their unit: ``("812", "tokens")``, ``("42.1", "k tokens")``, ``("1.3", "M tokens")``."""
    for factor, unit in ((10**9, "bn tokens"), (10**6, "M tokens"), (10**3, "k tokens")):
        if count >= max(factor, 10**4):
            return f"{count / factor:,.1f}", unit
    return f"{count:,}", "token" if count == 1 else "tokens"


def size(count: int) -> str:
    """Bytes on disk: ``0 B``, ``12 kB``, ``1.4 GB``."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= factor:
            return f"{count / factor:.{1 if count < 10 * factor else 0}f}{THIN}{unit}"
    return f"{count}{THIN}B"


def caller_name(provider: str, model: str) -> str:
    return " · ".join(part for part in (provider, model) if part) or "no provider named"


def calls(number: int) -> str:
    """``1 call``, ``1,204 calls``."""
    return f"{number:,} call" if number == 1 else f"{number:,} calls"


def dollars(amount: Decimal) -> str:
    """An amount as traces tell it, with two significant digits below a cent: ``$1.20``, ``$0.0041``."""
    if not amount or amount >= Decimal("0.1"):
        return f"${amount:,.2f}"
    return f"${amount:.{2 - amount.adjusted() - 1}f}"
