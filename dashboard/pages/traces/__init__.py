"""One trace, two side by side, and a session: views, their reads, pure functions from spans to what is drawn."""
