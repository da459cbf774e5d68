import pytest

from telemetry.forward.current import close_forwarder
from tests.receivers import Receiver


@pytest.fixture
def receiver():
    """The second endpoint."""
    started = Receiver(status=200)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def forwarding(settings, receiver, tmp_path):
    """This process forwards to the receiver."""
    settings.FORWARD_OTLP_URL, settings.FORWARD_DIR = receiver.url, tmp_path / "forward"
    settings.FORWARD_OTLP_HEADERS = {"authorization": "Bearer theirs"}
    yield receiver
    close_forwarder()
