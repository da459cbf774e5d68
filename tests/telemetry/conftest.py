"""What more than one part of telemetry's tests uses."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.receivers import Receiver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()
