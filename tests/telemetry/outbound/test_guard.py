import socket
from ipaddress import ip_address

import httpx
import pytest

from telemetry.outbound.guard import Refused, check_url, guarded_client, is_public, vetted_addresses


@pytest.fixture
def names(monkeypatch):
    """A resolver that knows these names alone, and how often each was asked for."""
    known, asked, really = {}, [], socket.getaddrinfo

    def resolve(host, port, *flags, **options):
        asked.append(host)
        if host[0].isdigit():
            return really(host, port, *flags, **options)
        if host not in known:
            raise socket.gaierror("Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    known["asked"] = asked
    return known


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_internet_addresses_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost:8000/", "http://2130706433/", "http://0x7f000001/",
        "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/",
        "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    ],
)  # fmt: skip
async def test_tricky_forms_of_private_addresses_are_refused(url):
    with pytest.raises((Refused, httpx.InvalidURL)):
        async with guarded_client(1.0) as client:
            await client.post(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "//example.com", "example.com", "http://",
        "http://user:pw@example.com/", "http://example.com@127.0.0.1/", "http://example.com:99999/", "",
        "javascript:alert(1)",
    ],
)  # fmt: skip
def test_other_urls_are_refused_before_any_look_up(url, names):
    with pytest.raises(Refused):
        check_url(url)
    assert names["asked"] == []


def test_a_name_with_one_private_address_is_refused(names):
    names["mixed.example.com"] = ["93.184.215.14", "10.0.0.1"]
    with pytest.raises(Refused, match=r"mixed.example.com is 10.0.0.1, which is not a public address"):
        vetted_addresses("mixed.example.com", 443)


@pytest.mark.parametrize("entry", ["hooks.internal", "HOOKS.internal", "10.0.0.1", "10.0.0.0/8"])
def test_outbound_allow_takes_hosts_and_networks(entry, names, settings):
    names["hooks.internal"] = ["10.0.0.1"]
    settings.OUTBOUND_ALLOW = [entry]
    assert vetted_addresses("hooks.internal", 80) == [ip_address("10.0.0.1")]


@pytest.mark.parametrize("entry", ["other.internal", "10.0.0.2", "192.168.0.0/16", "internal"])
def test_outbound_allow_takes_nothing_else(entry, names, settings):
    names["hooks.internal"] = ["10.0.0.1"]
    settings.OUTBOUND_ALLOW = [entry]
    with pytest.raises(Refused):
        vetted_addresses("hooks.internal", 80)


def test_an_ipv6_mapped_address_is_allowed_by_its_ipv4_network(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    assert vetted_addresses("::ffff:127.0.0.1", 80) == [ip_address("::ffff:127.0.0.1")]


async def test_the_connection_goes_to_the_judged_address_under_the_name(receiver, names, settings):
    names["hooks.internal"] = ["127.0.0.1"]
    settings.OUTBOUND_ALLOW = ["hooks.internal"]
    async with guarded_client(5.0) as client:
        await client.post(f"http://hooks.internal:{receiver.port}/x", content=b"{}")
    assert receiver.got[0].headers["host"] == f"hooks.internal:{receiver.port}"
    # Once for the judgement; the judged address is not asked for: a name cannot change in between.
    assert names["asked"] == ["hooks.internal"]


async def test_an_unreachable_first_address_is_not_the_end(receiver, names, settings):
    names["hooks.internal"] = ["127.0.0.2", "127.0.0.1"]
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    async with guarded_client(5.0) as client:
        answer = await client.post(f"http://hooks.internal:{receiver.port}/x", content=b"{}")
    assert answer.status_code == 204


async def test_tls_asks_for_the_name_and_not_for_the_address(monkeypatch, names, settings):
    names["hooks.internal"] = ["127.0.0.1"]
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    seen = []

    async def pass_on(self, request):
        seen.append((request.url.host, request.extensions["sni_hostname"]))
        return httpx.Response(200)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", pass_on)
    async with guarded_client(1.0) as client:
        await client.post("https://hooks.internal/x")
    assert seen == [("127.0.0.1", "hooks.internal")]


async def test_a_redirect_inwards_is_judged_like_any_address(receiver, settings):
    receiver.status, receiver.headers = 302, {"location": "http://[::1]:1/secret"}
    async with guarded_client(5.0) as client:
        with pytest.raises(Refused, match="::1"):
            await client.post(receiver.url, content=b"{}", follow_redirects=True)


async def test_a_proxy_of_the_environment_is_not_used(receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with guarded_client(5.0) as client:
        answer = await client.post(receiver.url, content=b"{}")
    assert answer.status_code == 204
