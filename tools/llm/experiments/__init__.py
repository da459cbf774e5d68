"""Experiments: arms that units are assigned to, what was sent to them, and what can be told of the difference."""
