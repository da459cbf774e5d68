"""Evidence that all processes share, in Valkey: each of its scripts is one round trip, and atomic."""
