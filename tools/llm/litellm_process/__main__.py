"""``python -m tools.llm.litellm_process --listens FD``: answers until told to end, or nobody asks any more."""

import argparse
import asyncio
import gc
import os
import signal
import socket

from tools.llm.litellm_process.starting import QUIET

IDLE_S = 600.0


def main() -> None:
    """Answer at the socket that was inherited. Of the environment litellm gets to know what keeps it quiet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listens", type=int, required=True, help="the inherited socket, as a number of a file")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input does")
    parser.add_argument("--idle-s", type=float, default=IDLE_S, help="end when nobody has asked for so long")
    options = parser.parse_args()
    os.environ.update(QUIET)
    asyncio.run(run(socket.socket(fileno=options.listens), options.idle_s, options.with_parent))


async def run(listens: socket.socket, idle_s: float, with_parent: bool) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    # It takes seconds and 190 MB; who asks meanwhile waits at the socket.
    from tools.llm.litellm_process import asking, server

    asking.settle()
    # A full collection would go through all of litellm, some 100 ms in which nobody is answered.
    gc.collect()
    gc.freeze()
    following = asyncio.ensure_future(server.follow_parent(ended)) if with_parent else None
    await server.serve(listens, idle_s, ended)
    if following is not None:
        following.cancel()


if __name__ == "__main__":
    main()
