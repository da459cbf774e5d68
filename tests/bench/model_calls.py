"""What a model call costs beyond the bare request, ours beside litellm's `acompletion`, call by call in turns.

`python -m tests.bench.model_calls URL` measures in a process of its own, for it loads litellm, and prints figures
as JSON lines; the lab at URL is another. What is bare is a POST by httpx of the very bytes that we send there.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from salesboost.services import wait_until
from tests.bench.rounds import p99
from tests.ports import free_port
from tools.llm.calling.transport import Transport

CALLS, WARM_UP = 400, 40
MESSAGE = "Say in one sentence what a good offer has. " * 20
ROUND_TARGET, THROUGH_TARGET = 0.5, 1.15
# litellm goes on for a while after its answer: that falls on nobody else.
SETTLE_S = 0.005
Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Way:
    """A model asked by one interface: as we name it, and as litellm does."""

    name: str
    provider: str
    api: str
    model: str
    litellm: str
    at: str  # the vendor of the lab that speaks it
    target: float


WAYS = (
    Way("OpenAI chat", "openai", "chat", "gpt-5.2", "openai/gpt-5.2", "openai", ROUND_TARGET),
    Way(
        *("Anthropic", "anthropic", "messages", "claude-haiku-5-5"),
        *("anthropic/claude-haiku-5-5", "anthropic", ROUND_TARGET),
    ),
    Way(
        *("Gemini", "gemini", "generate", "gemini-3.8-flash", "gemini/gemini-3.8-flash", "gemini"),
        ROUND_TARGET,
    ),
    Way(
        *("Mistral, through litellm", "litellm", "chat", "mistral/mistral-large-latest"),
        *("mistral/mistral-large-latest", "openai", THROUGH_TARGET),
    ),
)


def run() -> Iterator[dict[str, object]]:
    """The figures of a process that has both; spans go to the recorder that is there."""
    with a_lab() as url:
        command = [sys.executable, "-m", "tests.bench.model_calls", url]
        ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    yield from map(json.loads, ran.stdout.splitlines())


@contextmanager
def a_lab() -> Iterator[str]:
    """A lab in a process of its own, and its address."""
    port = free_port()
    lab = subprocess.Popen(
        [sys.executable, "manage.py", "provider_lab", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: answers(url), 30)
        yield url
    finally:
        lab.terminate()
        lab.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code > 0
    except httpx.HTTPError:
        return False


def main(url: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    import django

    django.setup()
    from salesboost.garbage import settle
    from telemetry.tracing.provider import configure_tracing, shutdown_tracing
    from tools.llm.litellm_process.starting import QUIET

    os.environ.update(QUIET)
    from tools.llm.litellm_process import asking

    asking.settle()
    settle()  # as a server does
    configure_tracing()
    for way in WAYS:
        for figure in asyncio.run(measured(way, url)):
            print(json.dumps(figure), flush=True)
    shutdown_tracing()


async def measured(way: Way, url: str) -> list[dict[str, object]]:
    """The overheads of one way, an answer in one piece; and through litellm, what the hop takes beside it.

    Through litellm, ours is what the process does that calls the vendor: the hop to it is a figure of its own.
    """
    async with calls(way, url) as kinds:
        taken = await alternated(kinds)
    bare = statistics.median(taken["bare"])
    over = {name: statistics.median(values) - bare for name, values in taken.items()}
    ratio = over["ours"] / over["litellm"]
    figures: list[dict[str, object]] = [
        {
            "bench": f"overhead of a model call: {way.name}",
            "bare_ms": round(bare, 2),
            "ours_ms": round(over["ours"], 2),
            "litellm_ms": round(over["litellm"], 2),
            "ours_p99_ms": round(p99(taken["ours"]) - bare, 2),
            "ratio": round(ratio, 2),
            "target": f"ratio <= {way.target}",
        }
    ]
    if "over the hop" in over:
        hop = over["over the hop"] - over["ours"]
        figures.append({"bench": "hop to the process that has litellm", "median_ms": round(hop, 2)})
    return figures


async def alternated(kinds: Mapping[str, Call]) -> dict[str, list[float]]:
    """How long each call took in ms, by kind: one of each, in any order, and then all again."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    chance = Random(1)
    for number in range(-WARM_UP, CALLS):
        # In another order each time: who comes behind litellm finds its code in the processor's cache.
        for name, call in chance.sample(list(kinds.items()), len(kinds)):
            began = time.perf_counter()
            await call()
            if number >= 0:
                taken[name].append((time.perf_counter() - began) * 1_000)
            await asyncio.sleep(SETTLE_S)
    return taken


@asynccontextmanager
async def calls(way: Way, url: str) -> AsyncIterator[Mapping[str, Call]]:
    """Each kind of call. Ours goes by a route, as a page's do."""
    import litellm

    from tools.llm.adapters import ADAPTERS
    from tools.llm.calling import ModelClient
    from tools.llm.calling.encoding import encoded
    from tools.llm.litellm_process.asking import parameters

    base = f"{url}/{way.at}{base_path(way.at)}"
    deployment, question = asked(way, base)
    adapter = ADAPTERS[("openai", "chat") if way.provider == "litellm" else (way.provider, way.api)]
    wire = adapter.request(question)
    content = encoded({**wire.body, "model": way.litellm.partition("/")[2]} if "model" in wire.body else wire.body)
    headers = {"content-type": "application/json", **wire.headers, **adapter.key_headers("any")}
    openai = ADAPTERS["openai", "chat"].request(question)
    given = encoded({**openai.body, "model": way.litellm})
    client, http = ModelClient(), httpx.AsyncClient()

    async def bare() -> object:
        return (await http.post(base + wire.path, content=content, headers=headers)).raise_for_status()

    async def theirs() -> object:
        # A copy: litellm changes the tools that it is given, and has less to do where it has done so.
        return await litellm.acompletion(**parameters(json.loads(given), "any", base))

    kinds = {"bare": bare, "ours": routed(client, deployment, question), "litellm": theirs}
    if way.provider == "litellm":
        here = ModelClient(transport=Here(http))
        kinds |= {"over the hop": kinds["ours"], "ours": routed(here, deployment, question)}
    yield kinds
    for each in (client, http):
        await each.aclose()


class Here(Transport):
    """Asks litellm in this process, so that there is no hop: neither JSON for it nor a socket."""

    async def send(self, deployment: Any, wire: Any, key_headers: Any, reading: Callable[[Any], Any]) -> Any:
        from tools.llm.litellm_process import asking

        # A task of its own, as there: what it sets for itself is not set for litellm's own calls here.
        answer = await asyncio.create_task(asking.whole(wire.body, deployment.key, deployment.base_url))
        return reading(answer)


def base_path(vendor: str) -> str:
    from salesboost.lab.vendors import VENDORS

    return VENDORS[vendor].base


def asked(way: Way, base: str) -> tuple[Any, Any]:
    """The deployment, and a question with instructions and two tools."""
    from tests.tools.llm.models import sms, weather
    from tools.llm.adapters.base import NONE, Ask
    from tools.llm.adapters.capabilities import Capabilities
    from tools.llm.calling import Deployment
    from tools.llm.transcript import Transcript

    can = Capabilities(api=way.api, sampling=False, completion_tokens=way.provider == "openai")
    deployment = Deployment(
        name="bench", provider=way.provider, model=way.model, base_url=base, key="any", can=can
    )
    question = Ask(
        origin=deployment.origin,
        can=can,
        transcript=Transcript().ask(MESSAGE),
        system="Be brief.",
        tools=(weather, sms),
        choice=NONE,
    )
    return deployment, question


def routed(client: Any, deployment: Any, question: Any) -> Call:
    from tools.llm.routing import Entry, Route, Router
    from tools.llm.routing.health import Health
    from tools.process.background import BackgroundLoop
    from tools.state.memory import MemoryState
    from tools.state.reporter import Reporter

    state = MemoryState()
    router = Router(client, Health(state, Reporter(state, BackgroundLoop("bench"))))
    route = Route(name="bench", entries=(Entry(deployment=deployment),))
    return lambda: router.complete(route, lambda where, simpler: question)


if __name__ == "__main__":
    main(sys.argv[1])
