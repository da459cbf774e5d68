"""The request by which the dead man's switch says that all is well (``dead_mans_switch.py``)."""

import asyncio

import httpx

from telemetry.outbound.guard import Refused, guarded_client
from telemetry.outbound.name_resolution import TooManyHang

# What one address of a name may take to connect.
CONNECT_S = 4.0


async def request(url: str, deadline_s: float) -> str:
    """Why *url* did not take a request, or "". Says no more of it than its host: the rest is a secret."""
    try:
        async with (
            asyncio.timeout(deadline_s),
            guarded_client(CONNECT_S) as client,
            client.stream("GET", url, headers={"user-agent": "SalesBoost"}) as response,
        ):
            return "" if response.is_success else f"it answered {response.status_code}"
    except TimeoutError:
        return f"no answer within {deadline_s:g} s"
    except (Refused, TooManyHang, httpx.HTTPError) as error:
        return f"{type(error).__name__}: {error}"
