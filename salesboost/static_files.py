"""Static files: collected where they changed, and found with a hash of their content in the name."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's. Before the first ``prepare`` there is no list of hashes, and names stay as they are."""

    keep_only_hashed_files = True  # an address without a hash would be asked for every minute

    def stored_name(self, name: str) -> Any:
        """The name under which *name* is served."""
        return super().stored_name(name) if self.hashed_files else name


def collect() -> None:
    """Collect what there is, unless it is what was collected last: hashing and compressing takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _state()
    if stamp.exists() and stamp.read_text() == state:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)


def _state() -> str:
    """A hash of where each file lies, of its size and of when it changed."""
    found = sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda each: each[0]):
            place = Path(storage.path(path))
            at = place.stat()
            found.update(f"{place}\0{at.st_size}\0{at.st_mtime_ns}\n".encode())
    return found.hexdigest()
