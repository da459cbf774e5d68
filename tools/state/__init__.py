"""Shared state: what calls ask of all processes, answered by Valkey, or by memory while that is away."""
