"""An address is what the connection says, unless a proxy that we trust says otherwise."""

from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from salesboost.env import read_networks
from salesboost.login.addresses import behind, counted_as

PROXIES = [ip_network("10.0.0.0/24"), ip_network("127.0.0.1")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a stranger says so
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "192.0.2.9, 198.51.100.1", "198.51.100.1"),  # and invents one before
        ("10.0.0.5", "198.51.100.1, 10.0.0.6", "198.51.100.1"),  # two proxies
        ("::ffff:10.0.0.5", "198.51.100.1:4711", "198.51.100.1:4711"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "nonsense", "nonsense"),
        ("", "198.51.100.1", ""),
    ],
)
def test_who_is_behind_a_proxy(peer, forwarded, address):
    assert behind(peer, forwarded, PROXIES) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("[2001:db8:1:2:ffff::1]:443", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("nonsense", None),
        ("", None),
    ],
)
def test_how_an_address_is_counted(address, counted):
    assert counted_as(address) == counted


def test_a_header_does_not_buy_another_address(people, guess, settings):
    answers = [guess("nobody", **{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(5)]
    assert answers[-1].status_code == 429
    settings.TRUSTED_PROXIES = [ip_network("203.0.113.7")]
    assert guess("nobody", **{"X-Forwarded-For": "198.51.100.200"}).status_code == 200


def test_a_network_that_is_none_stops_the_start(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/24, ::1")
    assert [str(network) for network in read_networks("TRUSTED_PROXIES")] == ["10.0.0.0/24", "::1/128"]
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/24, proxy")
    with pytest.raises(ImproperlyConfigured, match="'proxy' is no address"):
        read_networks("TRUSTED_PROXIES")
