"""What the page of costs shows: the reads behind it, and pure functions from sums to tables and a chart."""
