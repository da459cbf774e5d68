"""What a recorder is asked with the body of an OTLP request, and what it says."""

import msgspec

from telemetry.ingest.codes import RESOURCE_EXHAUSTED, UNAVAILABLE

MAX_BODY_BYTES = 20 << 20  # as OTLP's specification recommends


class Head(msgspec.Struct, frozen=True):
    """What is known of a body: how it is written, and whose key sent it, for which services (none named: any).

    *forward*: whether its spans may be sent on to a second endpoint.
    """

    content_type: str
    encoding: str = ""
    key_name: str = ""
    services: frozenset[str] = frozenset()
    forward: bool = False


class Reply(msgspec.Struct, frozen=True):
    """What its sender is told: a status of HTTP, and of a failure a code of google.rpc.Code.

    *rejected*: how many spans were refused; *message*: why, or what was left out of others, or what went wrong.
    """

    status: int = 200
    code: int = 0
    rejected: int = 0
    message: str = ""


BUSY = Reply(503, UNAVAILABLE, message="The store cannot take spans now: send them again.")
TOO_LARGE = Reply(413, RESOURCE_EXHAUSTED, message=f"Send at most {MAX_BODY_BYTES >> 20} MiB at a time.")
