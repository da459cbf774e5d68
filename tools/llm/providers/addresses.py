"""Which addresses a deployment may have, and which variables may hold its key. Pure.

An address in one's own network is meant: Ollama and vLLM are there. Who may write it may have the server ask it.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import inet_aton
from urllib.parse import urlsplit

LOCAL, LITELLM = "local", "litellm"
LOCAL_ADDRESS = "local://echo"
# Where clouds tell a machine its own credentials: no model is there.
METADATA_HOSTS = frozenset({"metadata", "metadata.google.internal", "instance-data"})
METADATA_NUMBERS = frozenset({"fd00:ec2::254", "100.100.100.200"})
NAT64 = ip_network("64:ff9b::/96")  # an address of IPv4 stands at its end
# Not just any variable: what an address is sent would else be what holds all other secrets.
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY")


def fault_of_address(provider: str, address: str) -> str:
    """Why *address* is none for a deployment of *provider*, in one sentence; '' where it is one."""
    if provider == LOCAL or address.startswith("local:"):
        said = f"The provider local has the address {LOCAL_ADDRESS}, and nobody else has."
        return "" if (provider, address) == (LOCAL, LOCAL_ADDRESS) else said
    if provider == LITELLM and not address:
        return ""  # it knows the vendors' own
    try:
        parts = urlsplit(address)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or re.search(r"[^!-~]|\\", address):
        return "Write the address as https://host/path, as the vendor's own clients have it."
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "An address has no name, password, ? or #: the key has a field of its own."
    if leads_nowhere(host):
        return f"At {host} no model can be: it is where a machine is told its own secrets, or nowhere."
    return ""


def leads_nowhere(host: str) -> bool:
    """Whether *host* is one where credentials of machines lie, or that is no single machine."""
    if host.lower() in METADATA_HOSTS:
        return True
    found = number_of(host)
    if found is None:
        return False
    return found.is_link_local or found.is_multicast or found.is_unspecified or str(found) in METADATA_NUMBERS


def number_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that *host* is, however it is written; None for a name."""
    try:
        found = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(inet_aton(host))  # as one number, in hexadecimal, with parts left out
        except (OSError, UnicodeError):
            return None
    if isinstance(found, IPv4Address):
        return found
    return IPv4Address(int(found) & 0xFFFFFFFF) if found in NAT64 else found.ipv4_mapped or found


def place_of(address: str) -> str:
    """Scheme, host and port: whom a key is given to."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() if address else "the vendor's own address"


def fault_of_variable(name: str) -> str:
    """Why the variable *name* may hold no key, in one sentence; '' where it may."""
    if not name or VARIABLE.fullmatch(name):
        return ""
    return "A variable with a key is named like OPENAI_API_KEY: capitals, and _API_KEY at its end."


def fault_of_key(key: str) -> str:
    """Why *key* cannot be sent, in one sentence; '' where it can."""
    if key.isascii() and key.isprintable() and key == key.strip():
        return ""
    return "The key has signs that no key has: look for blanks and line ends."
