"""A Celery application like SalesBoost's, with tools that leave their traces in Valkey."""

import sys

import redis
from django.conf import settings

from salesboost.celery import app
from tools import tool
from tools.catalog import CATALOG

if "pytest" not in sys.modules:  # only the worker's own process offers them
    CATALOG.append(__name__)

__all__ = ["app"]


def traces() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


@tool(idempotent=True)
def count_once(number: int) -> int:
    """Put a number into a set, where it is once however often it is put there."""
    with traces() as valkey:
        valkey.sadd("job-test:numbers", number)
        valkey.blpop(["job-test:never"], timeout=0.02)
    return number


@tool
def order(letter: str) -> str:
    """Note the order of calls."""
    with traces() as valkey:
        valkey.rpush("job-test:order", letter)
    return letter
