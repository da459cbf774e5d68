"""Spans that are stored here are sent on to a second OTLP endpoint: ``FORWARD_OTLP_URL``."""
