"""Where the files of exports lie, and which of them may go.

Names are made from ids alone, never from what somebody typed. A file is written under a name that ends in
``.part`` with the number of the attempt, so that two workers never write to the same one.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from telemetry.exports.models import Export

FOLDER = "exports"
PART = ".part"


def folder() -> Path:
    """The folder, made if there is none; nobody else may look into it."""
    place = Path(settings.DATA_DIR) / FOLDER
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def final(export: Export) -> Path:
    return folder() / f"{export.id.hex}.{export.kind.extension}"


def draft(export: Export) -> Path:
    """Where this attempt writes."""
    return folder() / f"{export.id.hex}.{export.attempt}{PART}"


def free_bytes() -> int:
    return shutil.disk_usage(folder()).free


def present() -> list[Path]:
    return list(folder().iterdir())


def delete_strangers(found: Iterable[Path], live: Iterable[Export]) -> int:
    """Delete those of the *found* files that belong to none of the *live* exports; how many.

    Look for files first and for exports after that: what is begun in between is then not among the files.
    """
    wanted = {path for export in live for path in (final(export), draft(export))}
    strangers = [file for file in found if file not in wanted]
    for file in strangers:
        file.unlink(missing_ok=True)
    return len(strangers)
