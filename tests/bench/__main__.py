"""`make bench`: every figure as one JSON line, with the ratios taken in one run.

Starts its own Postgres and Valkey (durable settings, unlike the tests') and a scratch database.
"""

import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    if "rules" in sys.argv:
        simulate()
    else:
        measure()


def simulate() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    import django

    django.setup()
    from tests.bench import rules

    for figure in rules.run():
        say(figure)


def measure() -> None:
    from salesboost.services import Postgres, Valkey, free_port, spawn, wait_until

    folder = Path(tempfile.mkdtemp(prefix="salesboost-bench-"))
    folder.chmod(0o755)
    services = [Postgres(folder), Valkey(folder, free_port(), "bench")]
    children = []
    try:
        for service in services:
            service.prepare()
            children.append(spawn(service, folder / f"{service.name}.log"))
            if not wait_until(service.ready, 20):
                sys.exit((folder / f"{service.name}.log").read_text())
        os.environ |= {
            "DATABASE_URL": services[0].url,
            "REDIS_URL": services[1].url,
            "DATA_DIR": str(folder / "data"),
        }
        run()
    finally:
        for child in reversed(children):
            child.send_signal(signal.SIGINT)  # Postgres's fast shutdown: SIGTERM waits for clients
            child.wait(60)
        shutil.rmtree(folder.resolve() / "postgres", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def run() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    say({"bench": "machine", "cores": os.cpu_count(), "python": platform.python_version()})
    for figure in reading_figures() if "reading" in sys.argv else figures():
        say(figure)


def reading_figures() -> Iterator[dict[str, object]]:
    """With as many spans in the store as SPANS says."""
    from tests.bench import reading
    from tools.running import runtime

    yield from reading.run(int(os.environ.get("SPANS", "10000000")))
    runtime.shutdown()  # the pages began it


def figures() -> Iterator[dict[str, object]]:
    from salesboost.memory import settle
    from telemetry.tracing import configure_tracing, shutdown_tracing
    from tests.bench import bodies, logins, names, otlp, pipeline, redaction, rest, store, telling
    from tests.telemetry.processes import recorder
    from tools.running import runtime

    yield from names.run()
    runtime.shutdown()  # the pages began it
    yield from redaction.run()
    yield from store.run()
    yield from otlp.run()
    yield from bodies.run()
    settle()  # as a server does
    with recorder(os.environ["DATABASE_URL"], Path(os.environ["DATA_DIR"])):
        configure_tracing()
        yield from pipeline.run()
    yield from pipeline.alone()
    shutdown_tracing()
    yield from rest.run()
    yield from telling.run()
    yield from logins.run()


def say(figure: dict[str, object]) -> None:
    print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
