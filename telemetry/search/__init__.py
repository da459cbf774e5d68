"""Searching spans: the query language, and what runs it.

query = search.parse("tool:crm status:error duration:>500ms since:2h")
found = search.page(query, query.within(period, now), None, 50)
"""

from telemetry.search.bins import Bin, Bins, matches
from telemetry.search.completion import Completion, complete, values
from telemetry.search.errors import SearchError, SearchTooExpensive
from telemetry.search.facets import Facets, FacetValue, facets
from telemetry.search.keys import KEYS, Key
from telemetry.search.pages import Page, page
from telemetry.search.query import Query, Window, parse

__all__ = [
    "KEYS",
    "Bin",
    "Bins",
    "Completion",
    "FacetValue",
    "Facets",
    "Key",
    "Page",
    "Query",
    "SearchError",
    "SearchTooExpensive",
    "Window",
    "complete",
    "facets",
    "matches",
    "page",
    "parse",
    "values",
]
