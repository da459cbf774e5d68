"""The settings of a server whose deadlines are short, and whose addresses may hold few connections."""

from salesboost.settings import *  # noqa: F403  (a settings module on top of another)

SERVER_DEADLINES = {"headers_s": 1.5, "body_s": 1.5, "idle_s": 3.0}
CONNECTIONS_PER_ADDRESS = 65  # of loopback 650
