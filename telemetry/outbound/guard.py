"""Requests to addresses that somebody gave: only to public ones, or where ``OUTBOUND_ALLOW`` says so.

The host is resolved once, every address it has is judged, and the connection goes to a judged address; the
name stays in the Host header and in TLS. So a name that changes between check and use gains nothing, and each
hop of a redirect, were it followed, would be judged the same way.
"""

import socket
from collections.abc import Mapping, Sequence
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import Any

import httpx
from django.conf import settings

from telemetry.outbound.name_resolution import LOOKUPS

Address = IPv4Address | IPv6Address

# Public to Python 3.11, yet they answer a cloud's own machines: Azure's agent; Oracle's, in a block for protocols.
NOT_PUBLIC = (ip_network("168.63.129.16"), ip_network("192.0.0.0/24"))
# Each takes its share of the time to connect.
ADDRESSES_TRIED = 2
NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The address must not be reached from here. The text says why, and what to do."""


def check_url(text: str) -> httpx.URL:
    """*text* as a URL, if it is http(s) with a host and without a user name; else Refused. Resolves nothing."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"{text!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused(f"{text!r} is not an http:// or https:// address.")
    if url.port is not None and not 0 < url.port < 65536:
        raise Refused(f"{text!r} has a port that does not exist.")
    if url.userinfo:
        raise Refused("The address must not hold a user name or password.")
    return url


def vetted_addresses(host: str, port: int) -> list[Address]:
    """All addresses of *host*; Refused if any of them may not be reached, ConnectError if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"the name {host} does not resolve ({error})") from error
    # A link-local IPv6 address comes with its interface: fe80::1%eth0.
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
    for address in addresses:
        if not (is_public(address) or is_allowed(host, address, settings.OUTBOUND_ALLOW)):
            raise Refused(
                f"{host} is {address}, which is not a public address. "
                "If it should be reached, add it to OUTBOUND_ALLOW."
            )
    return addresses


def is_public(address: Address) -> bool:
    """Whether *address*, and the IPv4 address inside it if there is one, is out on the internet."""
    inner = embedded(address)
    if inner is not None:
        return is_public(inner)
    odd = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not odd and not any(address in network for network in NOT_PUBLIC)


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to (mapped, 6to4, Teredo, NAT64), if any."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def is_allowed(host: str, address: Address, allowed: Sequence[str]) -> bool:
    """Whether *allowed* (hosts, addresses, networks) names this *host* or its *address*."""
    candidates = {address, embedded(address) or address}
    for entry in allowed:
        if entry.lower() == host.lower():
            return True
        try:
            network = ip_network(entry, strict=False)
        except ValueError:
            continue  # a host's name
        if any(candidate in network for candidate in candidates):
            return True
    return False


class GuardedTransport(httpx.AsyncHTTPTransport):
    """Connects only to addresses that were judged."""

    def __init__(self) -> None:
        super().__init__(verify=tls_context())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = check_url(str(request.url))
        port = url.port or (443 if url.scheme == "https" else 80)
        # The Host header was written from the name already; TLS asks for the name too.
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        addresses = await LOOKUPS.ask((url.host, port), partial(vetted_addresses, url.host, port))
        *others, last = addresses[:ADDRESSES_TRIED]
        for address in others:
            try:
                return await self.connect(request, url, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # nothing was sent yet
        return await self.connect(request, url, last)

    async def connect(self, request: httpx.Request, url: httpx.URL, address: Address) -> httpx.Response:
        request.url = url.copy_with(host=str(address))
        opened: list[Any] = []

        async def note(event: str, info: Mapping[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                opened.append(info["return_value"])

        request.extensions = {**request.extensions, "trace": note}
        try:
            return await super().handle_async_request(request)
        except BaseException:
            # httpcore 1.0.9 forgets a connection whose TLS handshake is cancelled, and leaves it open.
            for connection in opened:
                await connection.aclose()
            raise


@cache
def tls_context() -> SSLContext:
    """Made once a process: reading the certificates takes longer than most receivers."""
    return httpx.create_ssl_context()


def guarded_client(connect_s: float) -> httpx.AsyncClient:
    """A client that refuses private addresses, follows no redirects and uses no proxy.

    An address that takes longer than *connect_s* to connect is given up for the name's next one. Nothing else has
    a limit here: who uses it puts ``asyncio.timeout`` around the whole, since a limit for each read lets a
    receiver that drips its answer go on for ever.
    """
    limits = httpx.Timeout(None, connect=connect_s)
    return httpx.AsyncClient(transport=GuardedTransport(), timeout=limits, follow_redirects=False, trust_env=False)
