"""Prompts that admins edit: versions that never change, labels that point at them, and a variant for each model."""
