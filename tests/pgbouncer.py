"""Finds PgBouncer, which the tests put before Postgres; as a script it installs Debian's where there is none."""

import shutil
import subprocess
import sys

COMMANDS = (
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "pgbouncer"],
)


def find_pgbouncer() -> str | None:
    """Its path; Debian puts it where only root's PATH leads."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def main() -> int:
    if not find_pgbouncer():
        for command in COMMANDS:
            subprocess.run(command, check=False, timeout=600, stdout=subprocess.DEVNULL)
    found = find_pgbouncer()
    failure = "The scaling tests need PgBouncer, and it could not be installed: install your system's package."
    print(f"Scaling tests use {found}" if found else failure, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    raise SystemExit(main())
