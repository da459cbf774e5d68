"""Admins plan experiments, start and stop them, promote winners and take decisions back here."""

from tools.llm.experiments.admin.experiments import ExperimentAdmin

__all__ = ["ExperimentAdmin"]
