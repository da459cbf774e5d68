"""The page of costs: its view, its reads, and pure functions from sums to tiles, tables and a chart."""
