"""Prompts that mend themselves: candidates for a new version, which go live by an experiment or not at all."""
