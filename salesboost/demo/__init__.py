"""The callers of the demonstration: conversations, an agent, a provider that goes bad."""
