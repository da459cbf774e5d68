"""Which prompts may mend themselves, what was proposed for them, the ledger, and runs of the optimiser."""

from tools.llm.evolution.admin.candidates import CandidateAdmin, DeedAdmin, EvolutionAdmin
from tools.llm.evolution.admin.runs import OptimiserRunAdmin

__all__ = ["CandidateAdmin", "DeedAdmin", "EvolutionAdmin", "OptimiserRunAdmin"]
