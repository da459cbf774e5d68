"""Incidents: what is open and what was, and one with its timeline and who was told."""
