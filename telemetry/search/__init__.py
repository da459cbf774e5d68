"""Searching spans: the query language, and what runs it.

query = search.parse('tool:crm status:error duration:>500ms since:2h')
page = search.page(query, query.within(period, now), None, 50)
"""

from telemetry.search.errors import SearchError, SearchTooExpensive
from telemetry.search.keys import KEYS, Key
from telemetry.search.query import Query, Window, parse

__all__ = ["KEYS", "Key", "Query", "SearchError", "SearchTooExpensive", "Window", "parse"]
