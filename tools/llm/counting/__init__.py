"""How many tokens a question is, before it is sent: by whose model it is, corrected by what vendors say."""

from tools.llm.counting.learning import Counts

__all__ = ["Counts"]
