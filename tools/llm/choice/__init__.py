"""Deployments and what prompts say are chosen by groups of choice, and these learn from how turns went."""
