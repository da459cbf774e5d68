"""A process that keeps spans to be forwarded, for tests that kill it: `adder.py FOLDER URL COUNT`."""

import sys
from pathlib import Path

import django

django.setup()

from telemetry.forward.forwarder import Forwarder  # noqa: E402
from telemetry.forward.target import Target  # noqa: E402
from telemetry.spans.finished import SpanFacts, pack  # noqa: E402  (settings first)

folder, url, count = sys.argv[1:]
forwarder = Forwarder(Target(url), Path(folder))
for number in range(1, int(count) + 1):
    forwarder.add([pack(SpanFacts(trace_id=1, span_id=number, name="chat", start_ns=1, end_ns=2))])
print("added", flush=True)
sys.stdin.read()
