"""The application, whose recorder says at once what it has stored: its row would come to the next test else.

And whose server neither probes tools nor has its canary sing, in whichever test a minute has passed.
"""

from salesboost.asgi import application
from telemetry.process import counters
from tools.health import watching

__all__ = ["application"]

counters.REPORT_EVERY_S = 0.0
watching.FIRST_AFTER_S = 1e9
