"""Schemas of tools: what arguments they take and what they answer, from a signature or from JSON Schema."""
