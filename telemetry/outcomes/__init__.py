"""How a call ended by what its span says: its outcome, its error's type and line, the layer that failed. Pure."""
