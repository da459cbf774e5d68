"""What shared state answers about itself, from plain counts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.state.base import RunCounts


def run_counts(summed: Mapping[tuple[str, str], int]) -> dict[str, RunCounts]:
    """Counts by (tool, field of RunCounts) as one ``RunCounts`` a tool."""
    tools: dict[str, dict[str, int]] = {}
    for (tool, kind), count in summed.items():
        tools.setdefault(tool, {})[kind] = count
    return {tool: RunCounts(**counts) for tool, counts in tools.items()}


# Hits that say more than that, and runs of the tool that nobody waited for.
KINDS_OF_HITS = ("process_hits", "stale_hits", "joined_hits", "semantic_hits", "refreshes")


def cache_statistics(counts: Mapping[tuple[str, str], int], sizes: Mapping[str, int]) -> dict[str, Any]:
    """The shape of the statistics from counts by (tool, hits | misses | evictions) and results kept by tool."""
    by_tool: dict[str, dict[str, Any]] = {}
    for tool in sorted({tool for tool, _ in counts} | set(sizes)):
        hits, misses = counts.get((tool, "hits"), 0), counts.get((tool, "misses"), 0)
        by_tool[tool] = {
            "hits": hits,
            "misses": misses,
            "hit_rate": hit_rate(hits, misses),
            "evictions": counts.get((tool, "evictions"), 0),
            "size": sizes.get(tool, 0),
            **{kind: counts.get((tool, kind), 0) for kind in KINDS_OF_HITS},
        }
    totals = {name: sum(row[name] for row in by_tool.values()) for name in ("hits", "misses", "evictions", "size")}
    return {**totals, "hit_rate": hit_rate(totals["hits"], totals["misses"]), "by_tool": by_tool}


def cache_entry(
    *, tool: str, key: str, asked: str, hits: int, expires_in_s: float, read_at_s: float
) -> dict[str, Any]:
    """A kept result as the list of those read most has it; *read_at_s* is 0 where it was not read yet."""
    read_at = datetime.fromtimestamp(read_at_s, UTC).isoformat(timespec="seconds") if read_at_s else None
    return {
        "tool": tool,
        "key": key,
        "asked": asked,
        "hits": hits,
        "last_accessed": read_at,
        "expires_in_s": round(expires_in_s, 1),
    }


def hit_rate(hits: int, misses: int) -> float:
    return round(hits / (hits + misses), 4) if hits + misses else 0.0


def split_field(field: bytes) -> tuple[str, str]:
    """The tool and the kind of a counter in Valkey; neither holds a space."""
    tool, _, kind = field.decode().rpartition(" ")
    return tool, kind
