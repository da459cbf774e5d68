"""Failures in groups that have one cause, and which arguments are wrong."""
