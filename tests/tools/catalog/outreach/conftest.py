"""The loopback gateway behind real HTTP, and the tool pointed at it."""

from threading import Thread

import pytest

from tools.calls.call import Caller, ToolCall
from tools.catalog.outreach.loopback import LoopbackGateway
from tools.catalog.outreach.loopback_server import LoopbackServer
from tools.catalog.outreach.sms_outreach import sms_outreach

TOKEN = "gateway-token-of-the-tests"


@pytest.fixture
def gateway(settings):
    """The gateway, reachable over HTTP for as long as the test runs; the settings name it."""
    loopback = LoopbackGateway(settings.SMS_GATEWAY_ACCOUNT, TOKEN)
    with LoopbackServer(loopback) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.SMS_GATEWAY_URL = server.url
        settings.SMS_GATEWAY_TOKEN = TOKEN
        yield loopback
        server.shutdown()
        thread.join()


@pytest.fixture
def make_call():
    def make(tool_call_id="call_1", **caller):
        return ToolCall(
            tool=sms_outreach,
            policy=sms_outreach.policy,
            payload={},
            caller=Caller(role="coach", **caller),
            tool_call_id=tool_call_id,
        )

    return make
