"""Runs a program in a process of its own, on the tests' database."""

import os
import re
import subprocess
import sys

from django.db import connection


def run(program, arguments=()):
    """What it printed."""
    name = str(connection.settings_dict["NAME"])
    address = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "salesboost.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
