"""Vendors, plans, features, points and sources out of the data file."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from simple_history.utils import bulk_create_with_history

from tools.catalog.sales.models import Feature, Plan, Point, Source, Vendor, VendorFeature

Row = TypeVar("Row")
_PARTS = ("plans", "features", "sources", "points")


def seed(data: Mapping[str, Any]) -> None:
    """Store the market of *data*. Every point has to name a source of its vendor, or none."""
    features = _stored(
        Feature(key=key, name=name, category=category)
        for category, names in data["features"].items()
        for key, name in names.items()
    )
    by_key = {feature.key: feature for feature in features}
    for entry in data["vendors"]:
        facts = {name: value for name, value in entry.items() if name not in _PARTS}
        vendor = Vendor.objects.create(market_year=data["market_year"], reviewed_on=data["reviewed_on"], **facts)
        _stored(Plan(vendor=vendor, **plan) for plan in entry["plans"])
        _stored(_feature(vendor, by_key[key], text) for key, text in entry["features"].items())
        sources = _stored(_source(vendor, key, *parts) for key, parts in entry["sources"].items())
        named = {source.key: source for source in sources}
        _stored(_point(vendor, kind, text, named) for kind, texts in entry["points"].items() for text in texts)


def _stored(rows: Iterable[Row]) -> list[Row]:
    """*rows* in the database, with history, so that the first edit has something to be compared with."""
    made = list(rows)
    stored: list[Row] = bulk_create_with_history(made, type(made[0]), default_change_reason="seed")
    return stored


def _feature(vendor: Vendor, feature: Feature, text: str) -> VendorFeature:
    """From ``"add_on: EUR 25 a seat"``."""
    support, _, note = text.partition(": ")
    return VendorFeature(vendor=vendor, feature=feature, support=support, note=note)


def _source(vendor: Vendor, key: str, title: str, publisher: str, day: dt.date, url: str) -> Source:
    return Source(vendor=vendor, key=key, title=title, publisher=publisher, published_on=day, url=url)


def _point(vendor: Vendor, kind: str, text: str, sources: Mapping[str, Source]) -> Point:
    """From ``"What there is to say | key of its source"``."""
    said, _, key = text.rpartition(" | ")
    return Point(vendor=vendor, kind=kind, text=said, source=sources[key] if key else None)
