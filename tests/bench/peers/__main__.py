"""`make bench-peers`: ours beside LangChain, FastMCP, redis-py and Phoenix, in alternation, as a table of ratios.

Every program is a process of its own, begun anew each round and gone before the next begins (A B A B …). Those
that live long would wake now and then while another is measured, for ours has threads of its own, and each would
keep for all rounds what chance gave it at its start: where its memory lies, its seed of hashes. Servers that take
spans live long by nature: they stay, idle, while the other is sent to.

`ROUNDS=1 make bench-peers` tries it; `python -m tests.bench.peers calls` or `spans` is a half of it.
"""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from salesboost.env import read_int, read_str
from tests.bench.peers import comparisons
from tests.bench.peers.environments import SHOWN, version
from tests.bench.servers import own_servers

ROUNDS = 7


def main() -> None:
    folder = Path(read_str("DATA_DIR", ".data")).expanduser().resolve() / "peers"
    with own_servers():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
        import django

        django.setup()
        from django.core.management import call_command

        from tests.bench.peers import calls, spans

        call_command("migrate", verbosity=0)
        halves = {"calls": calls.compared, "spans": spans.compared}
        wanted = [half for half in halves if half in sys.argv] or list(halves)
        rounds = read_int("ROUNDS", ROUNDS, least=1)
        rows = [row for half in wanted for row in halves[half](folder, rounds)]
    when, cores = f"{datetime.now(UTC):%Y-%m-%d}", f"{os.cpu_count()} cores"
    peers = [f"{package} {version(peer)}" for peer, package in SHOWN.items()]
    print(", ".join([when, cores, f"Python {platform.python_version()}", f"{rounds} rounds", *peers]))
    print(f"\n{comparisons.table(rows)}")


if __name__ == "__main__":
    main()
