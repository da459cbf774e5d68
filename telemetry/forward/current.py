"""The forwarder of this process. Where nothing is forwarded its code is not loaded: an HTTP client takes 6 MB."""

import os
import threading
from typing import TYPE_CHECKING

from django.conf import settings

from telemetry.forward.target import Target

if TYPE_CHECKING:
    from telemetry.forward.forwarder import Forwarder

_forwarder: "Forwarder | None" = None
_making = threading.Lock()


def get_forwarder() -> "Forwarder | None":
    """The forwarder of this process; None where nothing is forwarded."""
    global _forwarder  # noqa: PLW0603  (one a process)
    if not settings.FORWARD_OTLP_URL:
        return None
    with _making:
        if _forwarder is None:
            from telemetry.forward.forwarder import Forwarder

            target = Target(settings.FORWARD_OTLP_URL, settings.FORWARD_OTLP_HEADERS)
            _forwarder = Forwarder(target, settings.FORWARD_DIR)
        return _forwarder


def close_forwarder() -> None:
    """End it; the next one that is asked for begins anew."""
    global _forwarder
    with _making:
        forwarder, _forwarder = _forwarder, None
    if forwarder is not None:
        forwarder.close()


def forwards() -> bool:
    """Whether what is stored is to be forwarded."""
    return get_forwarder() is not None


def _forget_lock() -> None:
    global _making  # noqa: PLW0603
    _making = threading.Lock()


os.register_at_fork(after_in_child=_forget_lock)
