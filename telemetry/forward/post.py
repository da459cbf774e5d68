"""One OTLP request to the second endpoint, and what its answer means for the spans in it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.forward.target import Target
from telemetry.ingest.otlp import FORWARDED, PROTOBUF
from telemetry.redaction import redact_secrets

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
# Passing, by OTLP's specification.
LATER_STATUS = {429, 502, 503, 504}
# Not the request's fault but the setting's: wrong key, wrong address. Mended soon, and the spans are still there.
SETTING_STATUS = {301, 302, 303, 307, 308, 401, 403, 404, 405, 407}
RETRY_AFTER_MOST_S = 3_600.0
REASON_CHARS = 200


class Verdict(Enum):
    """What becomes of the spans of a request."""

    TAKEN = "taken"
    LATER = "later"
    TOO_LARGE = "too large"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """*wait_s*: what the endpoint asked for; *rejected*: spans of a taken request that it did not want."""

    verdict: Verdict
    reason: str = ""
    wait_s: float | None = None
    rejected: int = 0


class Poster:
    """Keeps a connection to the target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def post(self, body: bytes) -> Answer:
        """Send *body*, an ExportTraceServiceRequest. Raises nothing: what went wrong is in the answer."""
        headers = {
            **self._target.headers,
            "Content-Type": PROTOBUF,
            "Content-Encoding": "gzip",
            "User-Agent": "SalesBoost",
            FORWARDED: "1",
        }
        try:
            response = self._client.post(self._target.url, content=gzip.compress(body, 1), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(Verdict.LATER, redact_secrets(f"{type(error).__name__}: {error}")[:REASON_CHARS])
        return judge(response.status_code, response.headers, response.content, datetime.now(UTC))

    def close(self) -> None:
        self._client.close()


def judge(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
    """What an answer of the endpoint means."""
    if 200 <= status < 300:
        return _taken(body)
    reason = redact_secrets(f"HTTP {status} {body[:REASON_CHARS].decode('utf-8', 'replace')}".strip())
    if status in LATER_STATUS or status in SETTING_STATUS:
        return Answer(Verdict.LATER, reason, wait_s=retry_after_s(headers.get("retry-after", ""), now))
    return Answer(Verdict.TOO_LARGE if status == 413 else Verdict.REFUSED, reason)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds until the moment that a ``Retry-After`` names, by number or date; None if it names none."""
    try:
        wait_s = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_MOST_S)


def _taken(body: bytes) -> Answer:
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:  # whoever answers in JSON or in words has taken them all the same
        return Answer(Verdict.TAKEN)
    return Answer(
        Verdict.TAKEN,
        redact_secrets(partial.error_message[:REASON_CHARS]),
        rejected=max(0, partial.rejected_spans),
    )
