"""Operators watch and steer jobs here, and mend and replay what failed."""

from tools.jobs.admin.items import DeadLetterAdmin, ItemAdmin
from tools.jobs.admin.jobs import JobAdmin

__all__ = ["DeadLetterAdmin", "ItemAdmin", "JobAdmin"]
