"""The five numbers of the store, and when its oldest day goes. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from dashboard.wording import formats
from dashboard.wording.tiles import Tile
from telemetry.health.disk_space import Day, Forecast
from telemetry.health.rates import Rates

# Less room than this is worth a colour.
SHORT_DAYS = 14


def tiles_of(
    health: dict[str, Any], rates: Rates, days: Sequence[Day], forecast: Forecast, free: int | None
) -> list[Tile]:
    """The five numbers that say whether the store keeps up and fits. Pure."""
    waiting = health["queued"]
    spool = formats.size(health["spooled_bytes"])
    each, beside = _bytes_a_span(days)
    lost, late = health["dropped"] + health["refused"], f"{rates.late_in_a_day:,} late in 24{formats.THIN}h"
    return [
        Tile("Stored in the last minute", _rate(rates.now), note=hour_note(rates)),
        Tile("Lag", formats.span_of(health["ingest_lag_s"]), note=f"{waiting:,} waiting, {spool} on disk"),
        Tile(
            "Lost",
            f"{lost:,}",
            note=f"{health['dropped']:,} dropped, {health['refused']:,} refused · {late}",
            tone="bad" if lost else "",
        ),
        Tile("Bytes a span", each, note=beside),
        disk_tile(forecast, free),
    ]


def hour_note(rates: Rates) -> str:
    """The rate of the last hour, or of what there is of one. Pure."""
    if rates.hour_s <= 0:
        return "the first minute is not over yet"
    over = "the last hour" if rates.hour_s >= 3600 else f"{formats.span_of(rates.hour_s)} (since the first span)"
    return f"{_rate(rates.hour)} over {over}"


def disk_tile(forecast: Forecast, free: int | None) -> Tile:
    """How long there is room, in words. Pure."""
    label = "Room on the disk"
    if free is None:
        return Tile(label, "unknown", note="Postgres runs elsewhere: watch its disk there")
    left = f"{formats.size(free)} free"
    if forecast.a_day is None or forecast.at_most is None:
        return Tile(label, left, note="no whole day yet to measure the growth by")
    days = "the last whole day" if forecast.measured == 1 else f"the last {forecast.measured} whole days"
    growth = f"grows {formats.size(int(forecast.a_day))} a day, as in {days}"
    if forecast.days_left is None:
        return Tile(label, left, note=f"lasts: {growth}, {formats.size(int(forecast.at_most))} at most")
    tone = "bad" if forecast.days_left < SHORT_DAYS else "warn"
    return Tile(label, f"{forecast.days_left:,.0f} days left", note=f"{left}, {growth}", tone=tone)


def next_drop(days: Sequence[Day], now: datetime) -> tuple[date, date] | None:
    """The oldest day of spans, and the day on which it goes; None before there is one. Pure."""
    oldest = min((day.day for day in days if day.day <= now.date()), default=None)
    return (oldest, oldest + timedelta(days=settings.RETENTION_DAYS + 1)) if oldest else None


def _bytes_a_span(days: Sequence[Day]) -> tuple[str, str]:
    full = [day for day in days if day.spans]
    spans, size = sum(day.spans for day in full), sum(day.span_bytes for day in full)
    payloads = sum(day.payload_bytes for day in full)
    if not spans:
        return formats.NONE, "no spans yet"
    return (
        f"{size / spans:,.0f}",
        f"with indexes; payloads {payloads / spans:,.0f} more · {spans:,} spans of all days kept",
    )


def _rate(per_second: float) -> str:
    return "".join(formats.frequency(per_second)) if per_second else f"0{formats.THIN}/s"
