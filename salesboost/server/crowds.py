"""How many connections one address may hold."""

import logging
from collections import Counter
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.protocols.policies import WrappingFactory

from salesboost.server.channel import plain_answer

logger = logging.getLogger(__name__)
# What comes from this machine may be a proxy, behind which is everybody.
LOOPBACK_TIMES = 10
SAY_EVERY_S = 60.0


def place_of(host: str) -> str:
    """Whose connections are counted together: an address, or of IPv6 the network of one customer (/64)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address) if address.is_loopback else str(ip_network((address, 64), strict=False))


def most_of(place: str, most: int) -> int:
    """Of how many connections *place* may hold; *most* is that of any address but this machine's own."""
    try:
        return most * LOOPBACK_TIMES if ip_address(place).is_loopback else most
    except ValueError:
        return most


class Crowds(WrappingFactory[Any]):
    """Before the factory that builds protocols: beyond *most* connections of an address it builds none."""

    def __init__(self, wrapped: Any, most: int, reactor: Any) -> None:
        super().__init__(wrapped)
        self._most, self._reactor = most, reactor
        self._say_next = 0.0
        self.open: Counter[str] = Counter()

    def buildProtocol(self, addr: Any) -> Any:
        place = place_of(getattr(addr, "host", ""))
        if place and self.open[place] >= most_of(place, self._most):
            self._say(place)
            return Turned()
        return super().buildProtocol(addr)

    def registerProtocol(self, p: Any) -> None:
        super().registerProtocol(p)
        self.open[place_of(getattr(p.getPeer(), "host", ""))] += 1

    def unregisterProtocol(self, p: Any) -> None:
        super().unregisterProtocol(p)
        place = place_of(getattr(p.getPeer(), "host", ""))
        self.open[place] -= 1
        if self.open[place] <= 0:
            del self.open[place]

    def _say(self, place: str) -> None:
        now = self._reactor.seconds()
        if now >= self._say_next:
            self._say_next = now + SAY_EVERY_S
            logger.warning("%s holds %d connections, and gets no more", place, self.open[place])


class Turned(Protocol):
    """A connection that is one too many."""

    def connectionMade(self) -> None:
        if self.transport is not None:
            sentence = "This address holds too many connections: close some, or use one for several requests."
            self.transport.write(plain_answer(b"429 Too Many Requests", sentence, b"Retry-After: 5"))
            self.transport.loseConnection()
