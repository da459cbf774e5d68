"""How well recording works over all processes: what waits, how fast, whose clock is off, what room is left."""

from telemetry.health.recording import store_health

__all__ = ["store_health"]
