"""Connections per address."""

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from salesboost.server.crowds import Crowds, Turned, most_of, place_of


@pytest.fixture
def crowds():
    return Crowds(Factory.forProtocol(Protocol), 2, Clock())


def connect(crowds, host):
    kind = IPv6Address if ":" in host else IPv4Address
    transport = StringTransport(peerAddress=kind("TCP", host, 1))
    protocol = crowds.buildProtocol(transport.getPeer())
    protocol.makeConnection(transport)
    return protocol, transport


def test_beyond_the_bound_a_connection_is_told_so_and_closed(crowds, caplog):
    first, _ = connect(crowds, "10.0.0.1")
    connect(crowds, "10.0.0.1")
    turned, transport = connect(crowds, "10.0.0.1")
    assert isinstance(turned, Turned) and transport.disconnecting
    assert transport.value().startswith(b"HTTP/1.1 429 ") and b"close some" in transport.value()
    connect(crowds, "10.0.0.1")
    assert len(caplog.records) == 1  # not one for each
    assert not isinstance(connect(crowds, "10.0.0.2")[0], Turned)
    first.connectionLost(None)
    assert not isinstance(connect(crowds, "10.0.0.1")[0], Turned)


def test_what_has_gone_is_forgotten(crowds):
    for _ in range(5):
        protocol, _ = connect(crowds, "10.0.0.1")
        protocol.connectionLost(None)
    assert crowds.open == {}


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_places(host, place):
    assert place_of(host) == place


def test_this_machine_may_hold_more():
    assert (most_of("127.0.0.1", 200), most_of("::1", 200)) == (2_000, 2_000)
    assert (most_of("10.0.0.1", 200), most_of("2001:db8::/64", 200)) == (200, 200)
