"""`$DATA_DIR/credentials.json`: what the first start made up, readable by its owner alone."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from salesboost.env import read_credentials

ADMIN_USER = "admin"


def write(data_dir: Path, values: Mapping[str, str]) -> Path:
    """Replace the file in one step, so that a reader never sees half of it."""
    path = data_dir / "credentials.json"
    draft = data_dir / "credentials.json.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(dict(values), file, indent=2)
        file.write("\n")
    draft.replace(path)
    return path


def complete(data_dir: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What is stored, over it what the environment gave, and made-up values for what is missing.

    An empty value is missing, too: what was stored there came to be untrue.
    """
    made_up = {
        "admin_user": ADMIN_USER,
        "admin_password": secrets.token_urlsafe(15),
        "api_key": f"sb_{secrets.token_urlsafe(32)}",
        "secret_key": secrets.token_urlsafe(50),
    }
    known = {**read_credentials(data_dir), **{name: value for name, value in given.items() if value}}
    return {**made_up, **{name: value for name, value in known.items() if value}}


def former_keys(data_dir: Path, secret_key: str) -> list[str]:
    """The key of the last start where that was not *secret_key*."""
    former = read_credentials(data_dir).get("secret_key", secret_key)
    return [former] if former != secret_key else []


def valkey_place(stored_url: str) -> tuple[int, str]:
    """Port and password of an embedded Valkey's stored address; (0, "") where there is none."""
    parts = urlsplit(stored_url)
    return (parts.port or 0, parts.password or "")
