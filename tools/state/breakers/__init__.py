"""Breakers: which tools rest, by how their calls ended."""
