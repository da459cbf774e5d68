"""From what a language model wrote to calls of tools and their results. Nothing here speaks with a model."""
