"""Embedded Postgres and Valkey: the servers of a laptop, out of wheels, as plain child processes.

The wheels bring the programs; we start the programs ourselves, because their own helpers detach the
server (so that nobody notices when it dies) and, as root, open every parent folder to everybody.
"""

import getpass
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salesboost.children import plain_environment
from salesboost.programs import ServiceError, bin_dir, check_version, reachable_copy, valkey_program

DATABASE_NAME = "salesboost"
POSTGRES_USER = "salesboost"
SERVER_ACCOUNT = "pgserver"
# Our database, made once; readers have nothing to do in those beside it. \gexec runs what a query gives.
SETTLE = f"""
SELECT 'CREATE DATABASE {DATABASE_NAME}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE_NAME}') \\gexec
SELECT 'REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC'
WHERE has_database_privilege('public', 'postgres', 'CONNECT') \\gexec
"""
# Where root keeps the cluster when no other account can reach DATA_DIR.
ROOT_STATE_DIR = Path("/var/lib/salesboost")


@dataclass
class Postgres:
    """A Postgres cluster under *data_dir*, reachable by Unix socket only."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    name: str = "postgres"
    settled: bool = False

    @property
    def cluster(self) -> Path:
        return (self.data_dir / "postgres").resolve()

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket; a socket's path may have 107 bytes at most (Linux, sockaddr_un)."""
        if len(str(self.cluster)) < 80:
            return self.cluster
        return Path("/tmp") / f"salesboost-{self.cluster.stat().st_ino}"

    @property
    def url(self) -> str:
        return f"postgresql://{POSTGRES_USER}@/{DATABASE_NAME}?host={self.socket_dir}"

    @property
    def account(self) -> str | None:
        """The account to run under: Postgres refuses root."""
        return SERVER_ACCOUNT if os.geteuid() == 0 else None

    @property
    def programs(self) -> Path:
        """Postgres's programs, at a place that the account can reach."""
        if self.account is None or not first_closed_parent(bin_dir() / "postgres"):
            return bin_dir()
        return reachable_copy(bin_dir(), ROOT_STATE_DIR)

    @property
    def made(self) -> Path:
        """The file that is there once there is a cluster; it holds Postgres's version."""
        return self.cluster / "PG_VERSION"

    def settle(self) -> None:
        """Have a place, whose ``url`` stays as it is. Raises ServiceError where there can be none."""
        _stop_leftover(self.cluster)
        if self.made.exists():
            check_version(self.made.read_text().strip())
        else:
            self.make_place()
        self.settled = True

    def prepare(self) -> None:
        """Make the cluster if there is none. Raises ServiceError where that fails."""
        if not self.settled:
            self.settle()
        if not self.made.exists():
            initdb = [str(self.programs / "initdb"), "--auth=trust", "--encoding=utf8", "--locale=C"]
            _run([*initdb, "-U", POSTGRES_USER, "--no-sync", "-D", str(self.cluster)], self.account)

    def make_place(self) -> Path:
        """An empty folder that the server's account owns and can reach."""
        link = self.data_dir / "postgres"
        if self.account is None:
            link.mkdir(parents=True, exist_ok=True, mode=0o700)
            return link
        _make_account(self.account)
        if first_closed_parent(link):
            ROOT_STATE_DIR.mkdir(parents=True, exist_ok=True, mode=0o755)
            place = ROOT_STATE_DIR / f"postgres-{secrets.token_hex(6)}"
            if link.is_symlink():
                link.unlink()
            place.mkdir(mode=0o700)
            link.symlink_to(place)
        else:
            link.mkdir(exist_ok=True, mode=0o700)
        shutil.chown(link, self.account)
        return self.cluster

    def command(self) -> list[str]:
        """The server in the foreground, for a supervisor to own."""
        self.socket_dir.mkdir(exist_ok=True)
        if self.account:
            shutil.chown(self.socket_dir, self.account)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "jit": "off",
            "log_min_messages": "warning",
            # Nothing here notifies; at the default of a million pages, whoever may log in could fill 8 GB.
            "max_notify_queue_pages": "64",
            # Nothing here subscribes to another database: no process waits for that.
            "max_logical_replication_workers": "0",
            **self.settings,
        }
        flags = [flag for key, value in settings.items() for flag in ("-c", f"{key}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.cluster), *flags]

    def ready(self) -> bool:
        """True once the database answers; makes the database on the first time."""
        # By Postgres's own program: a driver would stay in the memory of `up` for as long as that runs.
        psql = [str(self.programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir)]
        asked = subprocess.run(
            [*psql, "-U", POSTGRES_USER, "-d", "postgres"],
            input=SETTLE,
            text=True,
            capture_output=True,
            env={**plain_environment(os.environ), "PGCONNECT_TIMEOUT": "2"},
            check=False,
        )
        return asked.returncode == 0


@dataclass
class Valkey:
    """A Valkey on a loopback port with a password, its files under *data_dir*."""

    data_dir: Path
    port: int
    password: str
    name: str = "valkey"
    account: str | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        folder = self.data_dir / "valkey"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The password goes into a file that only we read, not onto a command line that everybody sees.
        config = folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {quoted(str(folder))}\n"
            # Task queues survive a restart; a second of them may be lost with the machine.
            'appendonly yes\nappendfsync everysec\nsave ""\n'
            # Keep every key that has no expiry: queues and breakers must not be evicted by cached results.
            "maxmemory 512mb\nmaxmemory-policy volatile-lru\n"
        )

    def command(self) -> list[str]:
        return [str(valkey_program()), str(self.data_dir / "valkey" / "valkey.conf")]

    def ready(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\n") < 2 and (more := connection.recv(256)):
                said += more
            return said.endswith(b"+PONG\r\n")
        return False


def quoted(word: str) -> str:
    """*word* as Valkey's configuration takes it, whatever is in it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def first_closed_parent(path: Path) -> Path | None:
    """The first folder above *path* that other accounts may not enter, from the root down."""
    for parent in reversed(path.absolute().parents):
        if parent.exists() and not parent.stat().st_mode & 0o001:
            return parent
    return None


def wait_until(ready: Callable[[], bool], timeout_s: float, *, alive: Callable[[], bool] = lambda: True) -> bool:
    """Poll *ready* until it holds; False after *timeout_s* or once *alive* says the process has gone."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return True
        if not alive():
            return False
        time.sleep(0.1)
    return False


def spawn(service: Postgres | Valkey, log: Path) -> subprocess.Popen[bytes]:
    """Start *service* as a child in its own session, so that the terminal's Ctrl-C reaches only us."""
    with log.open("ab") as output:
        return subprocess.Popen(
            service.command(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=plain_environment(os.environ),
            start_new_session=True,
            **account_options(service.account),
        )


def _run(command: list[str], account: str | None) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env=plain_environment(os.environ),
        check=False,
        **account_options(account),
    )
    if done.returncode:
        raise ServiceError(f"{Path(command[0]).name} failed: {done.stderr.strip().splitlines()[-1]}")


def account_options(account: str | None) -> dict[str, Any]:
    """Arguments of ``subprocess.Popen`` that run a child under *account*; none for our own."""
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "umask": 0o077}


def _make_account(account: str) -> None:
    try:
        pwd.getpwnam(account)
    except KeyError:
        done = subprocess.run(
            ["useradd", "--system", "--no-create-home", account], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ServiceError(
                f"Postgres does not run as root and the account {account!r} could not be made "
                f"({done.stderr.strip()}): start as {getpass.getuser()!r}'s ordinary user, or set DATABASE_URL."
            ) from None


def _stop_leftover(cluster: Path) -> None:
    """Stop a server that a killed supervisor left running on this very cluster."""
    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if str(cluster).encode() not in command:
        return
    os.kill(pid, 2)  # SIGINT: Postgres's fast shutdown
    if not wait_until(lambda: not lock.exists(), 10):
        raise ServiceError(f"An old Postgres (process {pid}) still holds {cluster}: stop it, then start again.")
