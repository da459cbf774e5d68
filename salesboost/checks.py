"""What has to hold before anything is started. Each fault is one sentence that says what to do.

Drivers are loaded by who needs them: `up` runs for long, and mostly with stores of its own.
"""

import errno
import fcntl
import os
import socket
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit


class StartError(Exception):
    """The start cannot go on; the message is for the person at the terminal."""


def check_data_dir(data_dir: Path) -> None:
    """Make *data_dir*, or say why it cannot be used."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / f".write-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise StartError(
            f"DATA_DIR {data_dir} cannot be written ({error.strerror}): "
            "make it writable, or set DATA_DIR to a folder that is."
        ) from None


def take_lock(data_dir: Path) -> IO[str]:
    """The lock on *data_dir*, held while the returned file is open."""
    path = data_dir / "up.lock"
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip() or "another process"
        raise StartError(
            f"SalesBoost already runs on {data_dir} ({owner}): use that one, stop it, "
            "or set DATA_DIR and PORT to start a second."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}")
    file.flush()
    return file


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                say = f"PORT {port} is taken by another program: stop it, or set PORT to a free one."
            elif error.errno == errno.EACCES:
                say = f"PORT {port} needs more rights than this account has: set PORT to one above 1023."
            else:
                say = f"HOST {host} is not an address of this machine ({error.strerror}): set HOST to one that is."
            raise StartError(say) from None


def check_database(url: str) -> None:
    """Raises StartError where the Postgres at *url* does not answer; never shows the password."""
    import psycopg

    from telemetry.redaction import redact_secrets

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise StartError(
            f"DATABASE_URL: Postgres at {_place(url)} does not answer ({redact_secrets(reason)}): "
            "start it, correct the address, or unset DATABASE_URL to use the embedded one."
        ) from None


def check_valkey(url: str) -> None:
    import redis

    from telemetry.redaction import redact_secrets

    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise StartError(
            f"REDIS_URL: Valkey at {_place(url)} does not answer ({redact_secrets(str(error))}): "
            "start it, correct the address, or unset REDIS_URL to use the embedded one."
        ) from None


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or parts.query or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"
