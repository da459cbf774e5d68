"""SalesBoost: runs the tool calls of LLM applications, records each, and shows and tells how they went."""

from salesboost.celery import app as celery_app

__all__ = ["celery_app"]
