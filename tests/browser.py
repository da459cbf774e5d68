"""Finds the browser of the browser tests; as a script it installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Chromium without its user interface, which takes longer than most pages; then whole ones.
SHELL, WHOLE = "chromium-headless-shell", ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_browser() -> str | None:
    """The path of a Chromium; None without one.

    That of CHROMIUM, the system's without a user interface, Playwright's own, or the system's whole one.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return shutil.which(SHELL) or _playwrights_own() or next(filter(None, map(shutil.which, WHOLE)), None)


def install_browser() -> str | None:
    """Install a Chromium by Playwright, else by apt; its path, or None if neither could."""
    by_apt = ["apt-get", "install", "-y", "--no-install-recommends"]
    attempts = (
        [["apt-get", "update"], [*by_apt, SHELL]],
        [[sys.executable, "-m", "playwright", "install", "chromium"]],
        [[*by_apt, "chromium"]],
    )
    for commands in attempts:
        if all(_succeeds(command) for command in commands) and (found := find_browser()):
            return found
    return None


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> int:
    if named := os.environ.get("CHROMIUM"):
        found = find_browser()
        failure = f"CHROMIUM names {named!r}, which is not a program: correct it or unset it."
    else:
        found = find_browser() or install_browser()
        failure = "The browser tests need Chromium, and none could be installed: set CHROMIUM to the path of one."
    print(f"Browser tests use {found}" if found else failure, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    raise SystemExit(main())
