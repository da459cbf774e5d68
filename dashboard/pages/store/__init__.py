"""The store: how fast it takes spans, what they take on the disk, and for how long there is room."""
