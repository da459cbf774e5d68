"""Tools that answer piece by piece."""
