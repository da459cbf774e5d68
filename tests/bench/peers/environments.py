"""Environments of the peers' own, under the data folder: their dependencies are none of ours.

`<peer>.txt` pins every package, so that figures of two days are of the same programs. It is made by `pip freeze`
in an environment into which the peer alone was installed.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHOWN = {"langchain": "langchain-core", "fastmcp": "fastmcp", "phoenix": "arize-phoenix"}


def python_of(peer: str, folder: Path) -> Path:
    """The Python of *peer* below *folder*, installed if it is not there with these pins.

    Raises subprocess.CalledProcessError where the registry does not have them.
    """
    pins, place = pins_of(peer), folder / peer
    python, note = place / "bin" / "python", place / "installed.txt"
    if not note.exists() or note.read_text() != pins.read_text():
        print(f"Installing {peer} {version(peer)} (once) …", file=sys.stderr, flush=True)
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)]
        subprocess.run(install, check=True)
        shutil.copy(pins, note)
    return python


def pins_of(peer: str) -> Path:
    return HERE / f"{peer}.txt"


def version(peer: str) -> str:
    """The pinned one of the package by which *peer* is known."""
    found = re.search(rf"^{SHOWN[peer]}==(\S+)$", pins_of(peer).read_text(), re.MULTILINE)
    assert found, f"{SHOWN[peer]} is not pinned in {pins_of(peer).name}"
    return found[1]
