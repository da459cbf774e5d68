"""What `up` has to know of the settings, as its command line says it. Nothing of it is a secret."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """Where everything is to be; ``gateway`` is whether one of our own takes text messages."""

    data_dir: Path
    host: str
    port: int
    url: str
    rate: float
    demo: bool
    gateway: bool

    def arguments(self) -> list[str]:
        """The command line."""
        said = {
            "data-dir": self.data_dir,
            "host": self.host,
            "port": self.port,
            "url": self.url,
            "rate": self.rate,
        }
        flags = {"--demo": self.demo, "--gateway": self.gateway}
        return [
            *(f"--{name}={value}" for name, value in said.items()),
            *(flag for flag, holds in flags.items() if holds),
        ]

    @classmethod
    def read(cls, arguments: Sequence[str] | None = None) -> "Plan":
        """What the command line says; *arguments* are this process's own by default."""
        parser = argparse.ArgumentParser(
            prog="python -m salesboost.starting", description="What `manage.py up` becomes: start that one."
        )
        parser.add_argument("--data-dir", type=Path, required=True)
        parser.add_argument("--host", required=True)
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--url", required=True)
        parser.add_argument("--rate", type=float, required=True)
        parser.add_argument("--demo", action="store_true")
        parser.add_argument("--gateway", action="store_true")
        return cls(**vars(parser.parse_args(arguments)))
