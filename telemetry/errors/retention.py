"""Dropping counts of errors that are too old, and groups that nobody has met for as long as counts are kept."""

from datetime import datetime

from telemetry.counts import resolutions
from telemetry.errors.models import ErrorCount, ErrorGroup, Violation
from telemetry.errors.sql import RESOLUTIONS_S


def forget(now: datetime) -> int:
    """Drop what is older at *now* than rollups of the same step are kept; returns how many rows of all."""
    dropped = 0
    for model in (ErrorCount, Violation):
        for resolution_s in RESOLUTIONS_S:
            old = model.objects.at(resolution_s).filter(bucket__lt=resolutions.floor(resolution_s, now))
            dropped += old.delete()[0]
    oldest = resolutions.floor(max(RESOLUTIONS_S), now)
    return dropped + ErrorGroup.objects.filter(last_seen__lt=oldest).delete()[0]
