"""One trace, two side by side, and a session: the reads, and pure functions from spans to what is drawn."""
