"""How other requests fare while a large body is read or a bomb is refused, and what memory that takes."""

import gzip
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import httpx
from django.db import connection

from telemetry.ingest.otlp import JSON, PROTOBUF
from tests.live import Daphne
from tests.telemetry.otlp_bodies import a_body, a_document

PAUSE_S = 0.002


def run() -> Iterator[dict[str, object]]:
    """The figures; needs Django and a migrated scratch database at ``DATABASE_URL``."""
    from tools.decisions.keys import create_key

    _, key = create_key("bench-bodies", ["ingest"])
    with tempfile.TemporaryDirectory() as folder:
        daphne = Daphne(str(connection.settings_dict["NAME"]), Path(folder) / "daphne.log")
        daphne.start()
        try:
            for name, (content_type, body) in bodies().items():
                yield measured(name, daphne, sender(daphne.url, key, content_type, gzip.compress(body, 1)))
        finally:
            daphne.stop()


def bodies() -> dict[str, tuple[str, bytes]]:
    random = Random(3)
    return {
        "idle": (JSON, b"{}"),
        "5 MB of JSON": (JSON, json.dumps(a_document(8_500, random.randbytes(16))).encode()),
        "20 MiB of JSON": (JSON, json.dumps(a_document(34_000, random.randbytes(16))).encode()),
        "20 MiB of protobuf": (PROTOBUF, a_body(90_000, random.randbytes(16))),
        "30 MB of empty lists": (JSON, b"[" + b"[]," * 10_000_000 + b"[]]"),
        "60 MB of empty messages": (PROTOBUF, b"\x0a\x00" * 30_000_000),
    }


def sender(url: str, key: str, content_type: str, packed: bytes) -> Callable[[], int]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": content_type, "Content-Encoding": "gzip"}
    return lambda: httpx.post(f"{url}/v1/traces", content=packed, headers=headers, timeout=120).status_code


def measured(name: str, daphne: Daphne, send: Callable[[], int]) -> dict[str, object]:
    assert daphne.process is not None
    process = Path(f"/proc/{daphne.process.pid}")
    (process / "clear_refs").write_text("5")  # the most memory from here on
    before = memory_mb(process, "VmRSS")
    ended, took = threading.Event(), list[float]()
    asking = threading.Thread(target=ask, args=(daphne.url, ended, took))
    asking.start()
    time.sleep(0.5)
    began = time.perf_counter()
    status = send()
    seconds = time.perf_counter() - began
    time.sleep(0.5)
    ended.set()
    asking.join()
    took.sort()
    return {
        "bench": f"/healthz while a body is read: {name}",
        "status": status,
        "seconds": round(seconds, 2),
        "p99_ms": round(took[len(took) * 99 // 100] * 1000),
        "most_ms": round(took[-1] * 1000),
        "target_ms": 100,
        "memory_mb": round(memory_mb(process, "VmHWM") - before),
        "target_memory_mb": 200,
    }


def ask(url: str, ended: threading.Event, took: list[float]) -> None:
    with httpx.Client(base_url=url) as client:
        while not ended.is_set():
            took.append(client.get("/healthz").elapsed.total_seconds())
            time.sleep(PAUSE_S)


def memory_mb(process: Path, kind: str) -> float:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024
