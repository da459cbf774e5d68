"""The store: how fast it takes spans, what they take on the disk, and for how long there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import numbers, periods, store_charts
from dashboard.selection import Selection
from dashboard.views.access import SEE_CALLS, needs
from dashboard.views.chrome import chrome
from telemetry import space
from telemetry.health import store_health
from telemetry.rates import Rates, ingest_rates
from telemetry.space import Day, Forecast

TEMPLATE = "dashboard/store.html"
PARTS = ("pulse", "tiles", "ingest-figure", "days", "tables")
CHARTED = periods.PERIODS["24h"]
# Less room than this is worth a colour.
SHORT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the store, with what stands beside it."""

    label: str
    value: str
    note: str
    tone: str = ""


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    found = {**chrome("store"), "section": "system", **context(Selection(), timezone.now()), "charts": True}
    return render(request, TEMPLATE, found)


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """The store's own figures: those of ``store_health``, and five queries."""
    health, rates, days, free = store_health(now), ingest_rates(now), space.days(), space.free_bytes()
    forecast = space.forecast(days, now.date(), free)
    return {
        "now": now,
        "selection": selection,
        "tiles": tiles_of(health, rates, days, forecast, free),
        "ingest_figure": store_charts.ingest(CHARTED.window(now, rates.first), rates.minutes),
        "days": [day for day in days if day.day <= now.date()],
        "ahead": health["partitions_ahead"],
        "next_drop": next_drop(days, now),
        "tables": sorted(
            (name.removeprefix("telemetry_").replace("_", " "), value)
            for name, value in health["size_bytes"].items()
        ),
    }


def tiles_of(
    health: dict[str, Any], rates: Rates, days: Sequence[Day], forecast: Forecast, free: int | None
) -> list[Tile]:
    """The five numbers that say whether the store keeps up and fits. Pure."""
    waiting = health["queued"]
    spool = numbers.size(health["spooled_bytes"])
    lost, late = health["dropped"] + health["refused"], f"{rates.late_in_a_day:,}"
    return [
        Tile("Stored in the last minute", _rate(rates.now), hour_note(rates)),
        Tile("Lag", numbers.span_of(health["ingest_lag_s"]), f"{waiting:,} waiting, {spool} on disk"),
        Tile(
            "Lost",
            f"{lost:,}",
            f"{health['dropped']:,} dropped, {health['refused']:,} refused · {late} late in 24{numbers.THIN}h",
            "bad" if lost else "",
        ),
        Tile("Bytes a span", *_bytes_a_span(days)),
        disk_tile(forecast, free),
    ]


def hour_note(rates: Rates) -> str:
    """The rate of the last hour, or of what there is of one. Pure."""
    if rates.hour_s <= 0:
        return "the first minute is not over yet"
    over = "the last hour" if rates.hour_s >= 3600 else f"{numbers.span_of(rates.hour_s)} (since the first span)"
    return f"{_rate(rates.hour)} over {over}"


def disk_tile(forecast: Forecast, free: int | None) -> Tile:
    """How long there is room, in words. Pure."""
    label = "Room on the disk"
    if free is None:
        return Tile(label, "unknown", "Postgres runs elsewhere: watch its disk there")
    left = f"{numbers.size(free)} free"
    if forecast.a_day is None or forecast.at_most is None:
        return Tile(label, left, "no whole day yet to measure the growth by")
    growth = f"grows {numbers.size(int(forecast.a_day))} a day"
    if forecast.days_left is None:
        return Tile(label, left, f"lasts: {growth}, {numbers.size(int(forecast.at_most))} at most")
    tone = "bad" if forecast.days_left < SHORT_DAYS else "warn"
    return Tile(label, f"{forecast.days_left:,.0f} days left", f"{left}, {growth}", tone)


def next_drop(days: Sequence[Day], now: datetime) -> tuple[date, date] | None:
    """The oldest day of spans, and the day on which it goes; None before there is one. Pure."""
    oldest = min((day.day for day in days if day.day <= now.date()), default=None)
    return (oldest, oldest + timedelta(days=settings.RETENTION_DAYS + 1)) if oldest else None


def _bytes_a_span(days: Sequence[Day]) -> tuple[str, str]:
    full = [day for day in days if day.spans]
    spans, size = sum(day.spans for day in full), sum(day.span_bytes for day in full)
    payloads = sum(day.payload_bytes for day in full)
    if not spans:
        return numbers.NONE, "no spans yet"
    return f"{size / spans:,.0f}", f"with indexes; payloads {payloads / spans:,.0f} more · {spans:,} spans"


def _rate(per_second: float) -> str:
    return "".join(numbers.frequency(per_second)) if per_second else f"0{numbers.THIN}/s"
