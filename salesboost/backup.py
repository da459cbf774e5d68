"""One file that holds an installation: the database, what waits to be stored, credentials. And back from it.

What is in Valkey (limits, breakers, cached results) and exports that were made are not in it.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from salesboost.checks import StartError, take_lock
from salesboost.children import Child, plain_environment
from salesboost.programs import bin_dir
from salesboost.services import Postgres, account_options, wait_until
from telemetry.journal.segments import SUFFIX

CREDENTIALS, DUMP = "credentials.json", "database.dump"
# Spans that Postgres, or the forwarding address, has not taken yet.
WAITING = ("spool", "forward")
HAS_TABLES = "SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace LIMIT 1"


class BackupError(Exception):
    """It cannot be done; the message is for the person at the terminal."""


def back_up(data_dir: Path, url: str, file: Path) -> None:
    """Write the installation of *data_dir* and the database at *url* (the embedded one if empty) to *file*.

    SalesBoost may run meanwhile. Raises BackupError.
    """
    if file.exists():
        raise BackupError(f"{file} exists already: name a file that does not.")
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".salesboost-") as folder:
        draft = Path(folder)
        # What waits before the database: a span stored in between is in both, and is stored once again.
        for name in WAITING:
            _copy(data_dir / name, draft / name)
        _copy(data_dir / CREDENTIALS, draft / CREDENTIALS)
        with database(data_dir, url) as address:
            _run("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", "-f", draft / DUMP)
        _pack(draft, file)


def restore(data_dir: Path, url: str, file: Path) -> None:
    """Bring back what ``back_up`` wrote to *file*, into an empty *data_dir* and an empty database.

    Raises BackupError, and StartError where SalesBoost runs on *data_dir*.
    """
    if (data_dir / CREDENTIALS).exists():
        raise BackupError(f"DATA_DIR {data_dir} is in use: restore into an empty one, or move {CREDENTIALS} away.")
    with take_lock(data_dir), tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder:
        draft = Path(folder)
        _unpack(file, draft)
        with database(data_dir, url, locked=True) as address:
            with psycopg.connect(address) as connection:
                if connection.execute(HAS_TABLES).fetchone():
                    raise BackupError("The database has tables already: restore into an empty one.")
            _run("pg_restore", address, "--no-owner", "--no-privileges", "--exit-on-error", draft / DUMP)
        for name in (*WAITING, CREDENTIALS):
            if (draft / name).exists():
                shutil.move(draft / name, data_dir / name)
                (data_dir / name).chmod(0o700 if name in WAITING else 0o600)


@contextmanager
def database(data_dir: Path, url: str, *, locked: bool = False) -> Iterator[str]:
    """The address of the database: *url*, else the embedded one, started for this unless `up` runs it."""
    own = Postgres(data_dir)
    if url:
        yield url
    elif not locked and _runs(data_dir):
        yield own.url
    else:
        own.prepare()
        with _started(own):
            yield own.url


@contextmanager
def _started(postgres: Postgres) -> Iterator[None]:
    log = postgres.data_dir / "logs" / "postgres.log"
    log.parent.mkdir(exist_ok=True, mode=0o700)
    child = Child(
        name="postgres",
        command=postgres.command,
        log=log,
        environment={**plain_environment(os.environ), "TZ": "UTC"},
        account=account_options(postgres.account),
    )
    child.start(time.monotonic())
    try:
        if not wait_until(postgres.ready, 30, alive=lambda: child.alive):
            raise BackupError(f"The embedded Postgres did not start; its log is {log}.")
        yield
    finally:
        child.ask_to_stop()
        child.wait_stopped(time.monotonic() + 30)


def _runs(data_dir: Path) -> bool:
    try:
        take_lock(data_dir).close()
    except StartError:
        return True
    return False


def _run(program: str, address: str, *arguments: str | Path) -> None:
    """One of Postgres's programs on the database at *address*, whose password is on no command line."""
    with tempfile.TemporaryDirectory(prefix="salesboost-") as folder:
        service = Path(folder) / "service"
        service.touch(mode=0o600)
        lines = [f"{name}={value}" for name, value in conninfo_to_dict(address).items()]
        service.write_text("\n".join(["[salesboost]", *lines, ""]))
        done = subprocess.run(
            [bin_dir() / program, "--dbname=service=salesboost", *arguments],
            env={**plain_environment(os.environ), "PGSERVICEFILE": str(service)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split()) or 'it said nothing'}")


def _copy(source: Path, target: Path) -> None:
    """*source*, a file or a folder, as far as it is there: what waits may be stored meanwhile.

    Of a folder its files alone, without the recorder's lock and socket: of a dead one others would wait for it.
    """
    if source.is_file():
        shutil.copy2(source, target)
    elif source.is_dir():
        target.mkdir(mode=0o700)
        for file in source.glob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):
                shutil.copy2(file, target / file.name)


def _pack(folder: Path, file: Path) -> None:
    """*folder* as a tar archive, which only its owner can read: it holds credentials."""
    draft = folder / "all.tar"
    draft.touch(mode=0o600)
    with tarfile.open(draft, "w") as archive:
        for name in (*WAITING, CREDENTIALS, DUMP):
            if (folder / name).exists():
                archive.add(folder / name, arcname=name)
    draft.rename(file)


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{file} cannot be read as a backup ({error}).") from None
    if not (folder / DUMP).exists():
        raise BackupError(f"{file} is no backup of SalesBoost: it has no {DUMP}.")
