"""For those who run SalesBoost: whether the process is there, whether all is ready, and the metrics."""
