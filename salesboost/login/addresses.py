"""From which address a request comes, when a proxy may stand in between."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Network = IPv4Network | IPv6Network
# Whoever has one address of IPv6 has all of its network: a guesser would take another for each guess.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str | None:
    """The client's address as log-ins are counted by it; None where the server was not told one."""
    peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    return counted_as(behind(peer, forwarded, settings.TRUSTED_PROXIES))


def behind(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Who is behind *peer*: itself, unless it is one of *proxies*, which say in *forwarded* whom they serve. Pure.

    Read from the right, where the nearest proxy writes: what stands left of the first stranger is the stranger's
    own invention.
    """
    address = peer
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_among(address, proxies):
            break
        address = hop
    return address


def counted_as(address: str) -> str | None:
    """*address* without its port, IPv6 by its network of 64 bits; None for what is no address. Pure."""
    try:
        parsed = ip_address(_bare(address))
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network(f"{parsed.exploded}/{IPV6_PREFIX}", strict=False).network_address)
    return str(parsed)


def _bare(address: str) -> str:
    """*address* without brackets, port and zone."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    return address.partition("%")[0]


def _is_among(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(_bare(address))
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
