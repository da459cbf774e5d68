"""A connection to a real server, and what the server has in memory."""

import socket
from pathlib import Path
from urllib.parse import urlsplit


def opened(server):
    host = urlsplit(server.url)
    made = socket.create_connection((host.hostname, host.port), timeout=30)
    made.settimeout(30)
    return made


def memory_mb(server, kind="VmRSS"):
    """What the server has in memory, or with VmHWM the most that it has had."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024
