"""The web edge: who asks, what bodies are taken, and how errors, refusals and streams are answered."""
