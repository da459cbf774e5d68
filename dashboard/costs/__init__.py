"""What the page of costs shows: the reads behind it, and pure functions from sums to rows and a figure."""
