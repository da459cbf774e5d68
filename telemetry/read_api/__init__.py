"""The read API of the store: traces, spans and rollups by the search language. ``salesboost`` mounts it."""
