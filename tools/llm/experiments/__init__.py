"""Experiments: what a model is told is decided by lot, unit by unit, and the lots are compared."""
