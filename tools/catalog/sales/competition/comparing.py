"""Vendors as a model reads them: one against us in depth, or all side by side."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from django.db.models import Prefetch, QuerySet

from tools.catalog.sales.crm.entities import as_json
from tools.catalog.sales.models import Plan, Point, Source, Support, Vendor, VendorFeature

Aspect = Literal[
    "profile",
    "pricing",
    "features",
    "market",
    "strengths",
    "weaknesses",
    "opportunities",
    "talking_points",
    "sources",
]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
_KINDS: Mapping[str, str] = {
    "strengths": "strength",
    "weaknesses": "weakness",
    "opportunities": "opportunity",
    "talking_points": "talking_point",
}
# From worst to best.
_WORTH = {support: worth for worth, support in enumerate(reversed(Support.values))}


def vendors() -> QuerySet[Vendor]:
    """Vendors with all that is told of them, in five queries however many they are."""
    return Vendor.objects.prefetch_related(
        "plans",
        Prefetch("features", VendorFeature.objects.select_related("feature")),
        Prefetch("points", Point.objects.select_related("source")),
        "sources",
    )


def in_depth(them: Vendor, us: Vendor | None, aspects: Sequence[str]) -> dict[str, Any]:
    """One competitor, aspect by aspect, beside us where that says something."""
    return {aspect: _IN_DEPTH[aspect](them, us) for aspect in aspects}


def in_a_row(vendor: Vendor, us: Vendor | None, aspects: Sequence[str]) -> dict[str, Any]:
    """One line of the overview: the same aspects in short."""
    row: dict[str, Any] = {"name": vendor.name}
    for aspect in aspects:
        row |= _IN_A_ROW[aspect](vendor, us)
    return row


def matrix(them: Vendor, us: Vendor | None) -> list[dict[str, Any]]:
    """Feature by feature: how far each has it, and who leads."""
    ours = {item.feature_id: item for item in us.features.all()} if us else {}
    return [_compared(item, ours.get(item.feature_id)) for item in them.features.all()]


def _compared(item: VendorFeature, our: VendorFeature | None) -> dict[str, Any]:
    gap = _WORTH[item.support] - _WORTH[our.support] if our else 0
    return {
        "feature": item.feature.name,
        "category": item.feature.category,
        "them": item.support,
        "us": our.support if our else "unknown",
        "leads": "them" if gap > 0 else "us" if gap < 0 else "neither",
        **({"their_note": item.note} if item.note else {}),
        **({"our_note": our.note} if our and our.note else {}),
    }


def cited(source: Source) -> str:
    """A source in one line."""
    return f"{source.title} ({source.publisher}, {source.published_on.isoformat()})"


def _profile(them: Vendor, us: Vendor | None) -> dict[str, Any]:
    names = ("product", "tagline", "description", "founded", "headquarters", "employees", "ownership")
    more = ("website", "target_segment", "reviewed_on")
    return {name: as_json(getattr(them, name)) for name in names + more}


def _pricing(them: Vendor, us: Vendor | None) -> dict[str, Any]:
    return {
        "unit": "per user and month, list price, not converted between currencies",
        "plans": [_plan(plan) for plan in them.plans.all()],
        "our_plans": [_plan(plan) for plan in us.plans.all()] if us else [],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "price": as_json(plan.price) if plan.price is not None else "on request",
        "currency": plan.currency,
        "billed": plan.billed,
        "least_users": plan.least_users,
        "note": plan.note,
    }


def _features(them: Vendor, us: Vendor | None) -> dict[str, Any]:
    rows = matrix(them, us)
    return {
        "they_lead": [row["feature"] for row in rows if row["leads"] == "them"],
        "we_lead": [row["feature"] for row in rows if row["leads"] == "us"],
        "matrix": rows,
    }


def _market(them: Vendor, us: Vendor | None) -> dict[str, Any]:
    return {
        "year": them.market_year,
        "share_pct": as_json(them.market_share_pct),
        "change_points": as_json(them.market_share_pct - them.market_share_before_pct),
        "our_share_pct": as_json(us.market_share_pct) if us else None,
        "our_change_points": as_json(us.market_share_pct - us.market_share_before_pct) if us else None,
    }


def _points(them: Vendor, kind: str) -> list[dict[str, Any]]:
    return [
        {"text": point.text, "source": cited(point.source) if point.source else None}
        for point in them.points.all()
        if point.kind == kind
    ]


def _sources(them: Vendor, us: Vendor | None) -> list[dict[str, Any]]:
    return [
        {
            "title": source.title,
            "publisher": source.publisher,
            "published_on": source.published_on.isoformat(),
            "url": source.url,
        }
        for source in them.sources.all()
    ]


def _lowest_price(vendor: Vendor, us: Vendor | None) -> dict[str, Any]:
    priced = [plan for plan in vendor.plans.all() if plan.price is not None]
    lowest = min(priced, key=lambda plan: (plan.price or 0, plan.pk), default=None)
    return {
        "entry_price": f"{as_json(lowest.price)} {lowest.currency} ({lowest.name})" if lowest else "on request"
    }


def _feature_counts(vendor: Vendor, us: Vendor | None) -> dict[str, Any]:
    counts = Counter(item.support for item in vendor.features.all())
    row: dict[str, Any] = {"features": {support: counts[support] for support in Support.values}}
    if us and us.pk != vendor.pk:
        leads = Counter(item["leads"] for item in matrix(vendor, us))
        row |= {"features_where_they_lead": leads["them"], "features_where_we_lead": leads["us"]}
    return row


def _share(vendor: Vendor, us: Vendor | None) -> dict[str, Any]:
    change = vendor.market_share_pct - vendor.market_share_before_pct
    return {"market_share_pct": as_json(vendor.market_share_pct), "market_share_change_points": as_json(change)}


def _first_point(aspect: str) -> Callable[[Vendor, Vendor | None], dict[str, Any]]:
    kind = _KINDS[aspect]
    return lambda vendor, us: {f"main_{kind}": next((p["text"] for p in _points(vendor, kind)), None)}


def _all_points(aspect: str) -> Callable[[Vendor, Vendor | None], list[dict[str, Any]]]:
    kind = _KINDS[aspect]
    return lambda vendor, us: _points(vendor, kind)


_IN_DEPTH: Mapping[str, Callable[[Vendor, Vendor | None], Any]] = {
    "profile": _profile,
    "pricing": _pricing,
    "features": _features,
    "market": _market,
    **{aspect: _all_points(aspect) for aspect in _KINDS},
    "sources": _sources,
}
_IN_A_ROW: Mapping[str, Callable[[Vendor, Vendor | None], dict[str, Any]]] = {
    "profile": lambda vendor, us: {"tagline": vendor.tagline, "target_segment": vendor.target_segment},
    "pricing": _lowest_price,
    "features": _feature_counts,
    "market": _share,
    **{aspect: _first_point(aspect) for aspect in _KINDS},
    "sources": lambda vendor, us: {"sources": [cited(source) for source in vendor.sources.all()]},
}
