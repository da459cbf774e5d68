"""How numbers, states and callers are put into words: the same everywhere, none with a page of its own."""
