"""Who asked for a tool call, where its own span does not say: taken from the other spans of its trace."""
