"""Token buckets: the rates of tools and callers, and tokens leased to processes."""
