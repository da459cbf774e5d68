"""By how much a process that serves pages and calls grows with its first chat: PSS, in a process of its own.

`python -m tests.bench.chat_memory URL` loads what daphne has loaded once it serves, then asks models of the lab at
URL. It stands in for the address of chats.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET_MB = 60.0


def run() -> Iterator[dict[str, object]]:
    from tests.bench.model_calls import a_lab

    with a_lab() as url:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.bench.chat_memory", url], stdout=subprocess.PIPE, check=True
        )
    before, after = json.loads(ran.stdout.splitlines()[-1])
    yield {
        "bench": "growth of a server with the first chat",
        "before_mb": round(before, 1),
        "grows_by_mb": round(after - before, 1),
        "target": f"<= {TARGET_MB:g} MB",
    }


def main(url: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    import django

    django.setup()
    import salesboost.asgi
    import salesboost.server.serving
    from tools.process.embedding import embed
    from tools.running.runtime import get_executor, shutdown

    assert salesboost.asgi and salesboost.server.serving
    get_executor()
    embed(["a question"])
    before = pss_mb()
    asyncio.run(chat(url))
    print(json.dumps([before, pss_mb()]))
    shutdown()


async def chat(url: str) -> None:
    from tests.bench.model_calls import WAYS, asked, base_path, routed
    from tools.llm.calling import ModelClient

    client = ModelClient()
    for way in WAYS[:3]:
        await routed(client, *asked(way, f"{url}/{way.at}{base_path(way.at)}"))()
    await client.aclose()


def pss_mb() -> float:
    """What this process holds, of what it shares its share."""
    line = next(
        line for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")
    )
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1])
