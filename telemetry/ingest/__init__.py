"""Other applications' spans, step by step: unpack a body, read it, translate it, build its rows."""
