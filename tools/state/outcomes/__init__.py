"""How calls ended in the last minutes, for the health of tools."""
