"""``competitor_analysis``: what to know, and to say, when a rival comes up."""

from typing import Annotated, Any

from django.db.models import Q
from pydantic import Field

from tools.catalog.sales.competition import comparing
from tools.catalog.sales.competition.comparing import ASPECTS, Aspect
from tools.catalog.sales.competition.matching import Candidate, match
from tools.catalog.sales.crm.entities import as_json
from tools.catalog.sales.models import Vendor
from tools.definition.decorators import tool

_OVERVIEW: tuple[Aspect, ...] = ("profile", "market", "pricing", "features", "strengths", "weaknesses")


@tool(idempotent=True, read_only=True, sample={}, roles={"coach"}, timeout_s=5, retries=2, cache_ttl_s=300)
def competitor_analysis(
    competitor_name: Annotated[str, Field(max_length=120)] | None = None,
    aspects: Annotated[list[Aspect], Field(max_length=20)] | None = None,
) -> dict[str, Any]:
    """Compare our product with a competitor, or get an overview of all competitors.

    Use it when a customer mentions a rival, asks how we differ or what others charge, or when you prepare
    somebody for such a question.

    Without competitor_name: one line for each competitor and for us, largest market share first. With it: that
    competitor in depth: profile, price list beside ours, feature matrix (`them` and `us`: yes, add_on, partial or
    no; `leads` says who is ahead), market share, strengths, weaknesses, opportunities for us, talking points, and
    sources with dates. Every point names its source: say so when you use one, and mind its date.

    A name may be misspelt or an alias; if it is unknown, the error lists the competitors there are. Prices are
    list prices per user and month in the currency given, as decimal strings, never converted. Market shares are
    percentages of revenue; changes are percentage points against the year before.

    Examples: {} or {"competitor_name": "Sellistra", "aspects": ["pricing", "talking_points"]}.

    Args:
        competitor_name: The competitor, e.g. "Dealharbor". Leave it out for the overview of all.
        aspects: Only these aspects. Default: all of one competitor; for the overview those that fit a line.
    """
    wanted = [aspect for aspect in ASPECTS if aspect in aspects] if aspects else None
    if competitor_name is None or not competitor_name.strip():
        return _overview(wanted or _OVERVIEW)
    rows = Vendor.objects.values_list("pk", "name", "aliases", "is_us")
    found = match(competitor_name, [Candidate(pk, name, tuple(more), us) for pk, name, more, us in rows])
    pair = {vendor.is_us: vendor for vendor in comparing.vendors().filter(Q(pk=found.pk) | Q(is_us=True))}
    return {
        "view": "competitor",
        "competitor": found.name,
        "asked_for": competitor_name,
        **comparing.in_depth(pair[False], pair.get(True), wanted or ASPECTS),
    }


def _overview(aspects: tuple[Aspect, ...] | list[Aspect]) -> dict[str, Any]:
    vendors = list(comparing.vendors())
    us = next((vendor for vendor in vendors if vendor.is_us), None)
    known = sum((vendor.market_share_pct for vendor in vendors), start=0)
    return {
        "view": "overview",
        "market": {
            "year": max((vendor.market_year for vendor in vendors), default=None),
            "known_share_pct": as_json(known) if vendors else "0.00",
            "reviewed_on": as_json(min((vendor.reviewed_on for vendor in vendors), default=None)),
        },
        "us": comparing.in_a_row(us, us, aspects) if us else None,
        "competitors": [comparing.in_a_row(vendor, us, aspects) for vendor in vendors if not vendor.is_us],
    }
