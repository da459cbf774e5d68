"""Prompts that admins edit: versions that never change, labels that point at them, variants for models."""
