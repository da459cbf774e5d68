"""The bytes behind an address that somebody gave: in bounded time, and no more than a picture may have."""

import asyncio

import httpx

from telemetry.outbound.guard import Refused, guarded_client
from telemetry.outbound.name_resolution import TooManyHang
from tools.llm.images.reading import BadImage, check_length

FETCH_S = 10.0  # all of it
CONNECT_S = 4.0
REDIRECTS = 5
# As it is, so that its bytes are counted before anything unpacks them.
HEADERS = {"accept": "image/*", "accept-encoding": "identity", "user-agent": "SalesBoost"}


async def fetched(url: str, seconds: float = FETCH_S) -> bytes:
    """Raises BadImage. Its text says no more of *url* than the host: the rest may be a secret."""
    try:
        async with asyncio.timeout(seconds), guarded_client(CONNECT_S) as client:
            return await followed(client, url)
    except TimeoutError:
        raise BadImage(f"The picture was not there within {seconds:g} s: try again, or give its bytes.") from None
    except Refused as error:
        # What the name leads to is not told: who asks may be a stranger.
        raise BadImage(
            "The picture's address is none that may be reached from here: give a public http or https address, or "
            "have its host added to OUTBOUND_ALLOW."
        ) from error
    except (TooManyHang, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        said = f"The picture cannot be fetched ({type(error).__name__}): check its address, or give its bytes."
        raise BadImage(said) from error


async def followed(client: httpx.AsyncClient, url: str) -> bytes:
    """The body at the end of all redirects, each of which the guard judges as it did the first."""
    request = client.build_request("GET", url, headers=HEADERS)
    for _ in range(REDIRECTS + 1):
        response = await client.send(request, stream=True)
        try:
            if response.next_request is None:
                return await body_of(response)
            request = response.next_request
        finally:
            await response.aclose()
    raise BadImage(f"The picture's address leads on more than {REDIRECTS} times: give the last one.")


async def body_of(response: httpx.Response) -> bytes:
    """Raises BadImage for an error, and as soon as it is too long."""
    if not response.is_success:
        raise BadImage(f"The picture's address answered {response.status_code}: check it, or give the bytes.")
    length = response.headers.get("content-length", "")
    check_length(int(length) if length.isdecimal() else 0)
    data = bytearray()
    async for piece in response.aiter_raw():
        data += piece
        check_length(len(data))
    return bytes(data)
