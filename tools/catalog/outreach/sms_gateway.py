"""The loopback gateway as a process: `manage.py up` starts it so, without Django."""

import argparse
import os
import signal
from collections.abc import Callable
from random import Random
from threading import Thread

from tools.catalog.outreach.loopback import LoopbackGateway
from tools.catalog.outreach.loopback_server import LoopbackServer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8025, help="0 takes a free one (default: 8025)")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="what each sending takes (default: 0)")
    parser.add_argument(
        "--failure-rate", type=float, default=0.0, help="share of sendings that fail with 429, 500 or 503 (0 to 1)"
    )
    parser.add_argument("--seed", type=int, default=None, help="makes the failures the same in every run")


def serve(server: LoopbackServer, say: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT."""
    # Both by ourselves, as a shell has its background jobs ignore SIGINT. shutdown() waits for the serving, so it
    # may not run in the thread that serves.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    say(f"SMS gateway at {server.url} (account {server.gateway.account}); no message leaves this machine.")
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()


def main() -> None:
    """The account and its token are in the environment, where no list of processes shows them."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    asked = parser.parse_args()
    account, token = os.environ["SMS_GATEWAY_ACCOUNT"], os.environ["SMS_GATEWAY_TOKEN"]
    gateway = LoopbackGateway(account, token, failure_rate=asked.failure_rate, random=Random(asked.seed))
    serve(LoopbackServer(gateway, asked.port, asked.latency_ms), lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
