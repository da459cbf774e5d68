"""Pictures for models: read from what people give, kept as they came, and made to fit whoever is asked."""

from tools.llm.images.reading import BadImage
from tools.llm.images.source import picture

__all__ = ["BadImage", "picture"]
