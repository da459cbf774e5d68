"""Candidates by an optimiser: GEPA searches a better text over recorded calls, and never sees a part of them."""
