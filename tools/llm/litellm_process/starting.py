"""How the process that has litellm is started: at a socket that listens before the process is there."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

MODULE = "tools.llm.litellm_process"
# Of `up` for its children: where the process is asked that it starts at the first use. No setting.
ADDRESS = "SALESBOOST_MODELS"
SOCKET = "models.sock"
API_BASE = "x-api-base"  # of a request: the vendor's address, where it is not the one that litellm knows
BACKLOG = 128
# The kernel takes addresses of some hundred bytes; folders may lie deeper.
MAX_ADDRESS_BYTES = 100
ROOT = Path(__file__).parents[3]

# What the process may know of our environment: how to find programs and the network, and what vendors' clouds are
# entered with, which is more than one key. Keys it is given with each request, and of ours it knows nothing.
KNOWN = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
KNOWN_BEGINNINGS = ("LC_", "AWS_", "AZURE_", "GOOGLE_", "VERTEXAI_", "WATSONX_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# What litellm reads while it is imported: it shall ask nobody for prices, files or news.
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def environment(of: Mapping[str, str]) -> dict[str, str]:
    """What the process is given of the environment *of*."""
    known = {
        name: value
        for name, value in of.items()
        if name in KNOWN or name.upper() in PROXIES or name.startswith(KNOWN_BEGINNINGS)
    }
    return known | QUIET


def command(listens: int, *options: str) -> Sequence[str]:
    """How it is started, to answer at the socket that it inherits as the file *listens*."""
    return [sys.executable, "-m", MODULE, "--listens", str(listens), *options]


def listener(folder: Path) -> socket.socket:
    """A socket that takes connections in *folder*, which nobody but this user may enter. Raises OSError."""
    folder.mkdir(exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    path = folder / SOCKET
    path.unlink(missing_ok=True)
    listens = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listens.bind(short(path))
    path.chmod(0o600)
    listens.listen(BACKLOG)
    return listens


def short(path: Path) -> str:
    """*path* as the kernel takes it; where it is too long, by its folder, which stays open."""
    if len(os.fsencode(path)) <= MAX_ADDRESS_BYTES:
        return str(path)
    return f"/proc/self/fd/{os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}/{path.name}"
