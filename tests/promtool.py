"""Finds promtool, which checks our metrics; as a script it fetches one where there is none.

Debian's package `prometheus` holds it. Only the program is taken out of the package: nothing is installed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OWN = Path(sys.executable).parent / "promtool"


def find_promtool() -> str | None:
    """The path of promtool: the system's, or the one that this script put beside the Python of the tests."""
    return shutil.which("promtool") or (str(OWN) if OWN.exists() else None)


def check_metrics(text: bytes) -> None:
    """Raise AssertionError with what ``promtool check metrics`` says of *text*, if it says anything."""
    checked = _promtool("check", "metrics", text=text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b""), checked.stderr.decode()


def check_rules(path: Path) -> None:
    """Raise AssertionError if the rules in *path* are wrong, or do not what the tests beside them say."""
    for arguments in (("check", "rules", path), ("test", "rules", path.with_suffix(".test.yml"))):
        checked = _promtool(*map(str, arguments))
        assert checked.returncode == 0, (checked.stdout + checked.stderr).decode()


def _promtool(*arguments: str, text: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    promtool = find_promtool()
    assert promtool, "There is no promtool: run `python tests/promtool.py`, which fetches one."
    return subprocess.run([promtool, *arguments], input=text, capture_output=True, check=False)


def fetch() -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        if not _succeeds(["apt-get", "download", "prometheus"], folder):
            _succeeds(["apt-get", "update"], folder)
            _succeeds(["apt-get", "download", "prometheus"], folder)
        packages = list(Path(folder).glob("prometheus_*.deb"))
        if packages and _succeeds(["dpkg-deb", "-x", str(packages[0]), "."], folder):
            shutil.copy(Path(folder) / "usr" / "bin" / "promtool", OWN)
    return find_promtool()


def _succeeds(command: list[str], folder: str) -> bool:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    if not (find_promtool() or fetch()):
        sys.exit("There is no promtool and apt has none: put Prometheus's promtool on the PATH.")
