"""Exports: ask for one, see how far each is, fetch its file."""
