"""`make bench`: every figure as one JSON line, with the ratios taken in one run.

Starts its own Postgres and Valkey (durable settings, unlike the tests') and a scratch database.
"""

import json
import os
import platform
import sys
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
    from tests.bench.servers import own_servers

    with own_servers():
        run()


def run() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    say({"bench": "machine", "cores": os.cpu_count(), "python": platform.python_version()})
    asked = next((each for name, each in PARTS.items() if name in sys.argv), figures)
    for figure in asked():
        say(figure)


def reading_figures() -> Iterator[dict[str, object]]:
    """With as many spans in the store as SPANS says."""
    from tests.bench import reading
    from tools.running import runtime

    yield from reading.run(int(os.environ.get("SPANS", "10000000")))
    runtime.shutdown()  # the pages began it


def figures() -> Iterator[dict[str, object]]:
    from salesboost.garbage import settle
    from telemetry.tracing.provider import configure_tracing, shutdown_tracing
    from tests.bench import (
        bodies,
        experiments,
        loaded,
        logins,
        models,
        names,
        otlp,
        pipeline,
        redaction,
        rest,
        selection,
        store,
        telling,
    )
    from tests.telemetry.processes import recorder
    from tools.running import runtime

    yield from names.run()
    runtime.shutdown()  # the pages began it
    yield from redaction.run()
    yield from experiments.run()
    yield from store.run()
    yield from otlp.run()
    yield from bodies.run()
    settle()  # as a server does
    with recorder(os.environ["DATABASE_URL"], Path(os.environ["DATA_DIR"])):
        configure_tracing()
        yield from pipeline.run()
        yield from models.run()
    yield from pipeline.alone()
    yield from selection.run()
    shutdown_tracing()
    yield from rest.run()
    yield from loaded.run()
    yield from telling.run()
    yield from logins.run()


def model_figures() -> Iterator[dict[str, object]]:
    """Those of models alone."""
    from tests.bench import models
    from tests.telemetry.processes import recorder

    with recorder(os.environ["DATABASE_URL"], Path(os.environ["DATA_DIR"])):
        yield from models.run()


def selection_figures() -> Iterator[dict[str, object]]:
    """Those of choice alone."""
    from tests.bench import selection

    yield from selection.run()


def experiment_figures() -> Iterator[dict[str, object]]:
    """That of experiments alone."""
    from tests.bench import experiments

    yield from experiments.run()


PARTS = {
    "reading": reading_figures,
    "models": model_figures,
    "selection": selection_figures,
    "experiments": experiment_figures,
}


def say(figure: dict[str, object]) -> None:
    print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
