"""The settings of a server whose queue is full at once."""

from salesboost.settings import *  # noqa: F403  (a settings module on top of another)

SPAN_QUEUE_SIZE = 2_000
