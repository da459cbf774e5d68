"""Tools: how each of them is, whoever calls it or nobody."""
