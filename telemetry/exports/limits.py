"""What one export may cost. Each limit is said to the person who meets it."""

from datetime import timedelta

MAX_ROWS = 5_000_000
MAX_BYTES = 10**9
# The disk is also where spans wait that Postgres cannot take just now: so much is left for them.
LEFT_FREE_BYTES = 10**9
# Waiting and running, of one person.
MAX_OPEN = 5
KEPT_FOR = timedelta(hours=24)
# How long rows are listed after their file is gone.
LISTED_FOR = timedelta(days=7)
# An export whose worker is killed begins again, so often.
MAX_ATTEMPTS = 3
CHUNK_ROWS = 1_000
CHUNK_ROWS_WITH_PAYLOADS = 200
CHUNK_TIMEOUT_S = 15


def reached(rows: int, size: int, free: int) -> str:
    """Why an export of *rows* rows and *size* bytes so far ends here; empty if it goes on."""
    if rows >= MAX_ROWS:
        return f"Cut at {MAX_ROWS:,} rows: the older ones are missing. Ask for an earlier period, too."
    if size >= MAX_BYTES:
        return f"Cut at {MAX_BYTES // 10**6:,} MB: the older ones are missing. Ask for an earlier period, too."
    if free < LEFT_FREE_BYTES:
        return "Cut because the disk is nearly full: the older rows are missing. Free some space and start again."
    return ""
