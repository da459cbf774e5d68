"""daphne's server, whose connections are ours."""

import resource
import sys
from typing import Any

import daphne.server  # first: it chooses Twisted's reactor
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory
from django.conf import settings

from salesboost.server.channel import Channel, Deadlines
from salesboost.server.crowds import Crowds
from salesboost.server.request import Request
from tools.cache import warming
from tools.health import watching

MOST_FILES = 65_536
# How long a thread that computes keeps the others waiting. The event loop waits for its turn after each system
# call, some ten times an answer: with Python's 5 ms one would take 70 ms while a batch of spans is read.
SWITCH_S = 0.001
# Connections that wait to be accepted. With Twisted's 50, six hundred at once take ten seconds to come in.
BACKLOG = 1_024


class Factory(HTTPFactory):
    """Builds our channels. They speak HTTP/1.1 alone: HTTP/2 would pass its limits by."""

    protocol = Channel

    def __init__(self, server: Any, deadlines: Deadlines) -> None:
        super().__init__(server)
        self.deadlines = deadlines
        self.timeOut = deadlines.idle_s

    def buildProtocol(self, addr: Any) -> Any:
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel

    def acceptableProtocols(self) -> list[bytes]:
        return [b"http/1.1"]


def make_factory(server: Any) -> Crowds:
    """The factory that a server listens with, by the settings."""
    deadlines = Deadlines(**settings.SERVER_DEADLINES)
    factory = Factory(server, deadlines)
    return Crowds(factory, settings.CONNECTIONS_PER_ADDRESS, factory.reactor)


# daphne's server makes its factory by this name, in the middle of `run`; there is no other place to say which.
daphne.server.HTTPFactory = make_factory


class Server(daphne.server.Server):
    """Tells the application of a body that was not read, lets it produce no faster than the client reads, and lets
    go of half a request at its end.
    """

    endpoints: list[str]
    connections: dict[Any, dict[str, Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # In pieces of 8 kB, daphne's own, 16 MB would be handed over in 2,000.
        super().__init__(*args, **{"request_buffer_size": 256 * 1024, **kwargs})
        self.endpoints = [with_backlog(endpoint) for endpoint in self.endpoints]

    def run(self) -> None:
        # Not before the application is loaded: two threads would import each other's modules half done.
        warming.start()
        watching.start()
        super().run()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if unread := getattr(protocol, "unread", None):
            scope["salesboost.unread"] = unread
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        await super().handle_reply(protocol, message)
        flow = getattr(protocol, "flow", None)
        if flow is not None:
            await flow.wait()

    def kill_all_applications(self) -> Any:
        # daphne looks for the application of each, which a request that has not come whole does not have.
        self.connections = {
            protocol: details
            for protocol, details in self.connections.items()
            if "application_instance" in details
        }
        return super().kill_all_applications()


def with_backlog(endpoint: str) -> str:
    """Twisted's description of an *endpoint*, with our backlog where it has none of its own."""
    return (
        f"{endpoint}:backlog={BACKLOG}" if endpoint.startswith("tcp:") and "backlog=" not in endpoint else endpoint
    )


class CommandLine(CommandLineInterface):
    """daphne's command line for our server."""

    server_class = Server

    def run(self, args: list[str]) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        sys.setswitchinterval(SWITCH_S)
        super().run(args)
