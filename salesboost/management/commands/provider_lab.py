"""``manage.py provider_lab``: model providers on loopback, which need no key and no network."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from salesboost.lab import FAULTS, Lab
from salesboost.lab.serving import serve


class Command(BaseCommand):
    help = "Serve the wire formats of model providers on 127.0.0.1, with answers and faults that are told to it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8026, help="0 takes a free one (default: 8026)")
        parser.add_argument(
            "--seed", type=int, default=None, help="makes ids, arguments and faults the same in every run"
        )
        parser.add_argument("--latency-ms", type=float, default=0.0, help="what each answer takes (default: 0)")
        parser.add_argument("--list-faults", action="store_true", help="show what may go wrong, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list_faults"]:
            self.say(faults())
            return
        if options["latency_ms"] < 0:
            raise CommandError("--latency-ms is a time: give a number from 0 up.")
        try:
            lab = Lab(port=options["port"], seed=options["seed"], latency_ms=options["latency_ms"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be used ({error.strerror}): choose another --port."
            ) from None
        serve(lab, self.say)

    def say(self, lines: str) -> None:
        self.stdout.write(lines)
        self.stdout.flush()


def faults() -> str:
    """The faults of each vendor, those of all of them first."""
    common = set.intersection(*(set(known) for known in FAULTS.values()))
    shared = {name: fault for name, fault in next(iter(FAULTS.values())).items() if is_shared(name, common)}
    tables = {"every vendor": shared}
    for vendor, known in FAULTS.items():
        tables[vendor] = {name: fault for name, fault in known.items() if name not in shared}
    lines = []
    for title, known in tables.items():
        width = max(map(len, known), default=0)
        lines += [title, *(f"  {name:<{width}}  {fault.says}" for name, fault in known.items())]
    return "\n".join(lines)


def is_shared(name: str, common: set[str]) -> bool:
    """Whether all vendors have the fault *name*, and mean the same by it."""
    return name in common and len({known[name].says for known in FAULTS.values()}) == 1
