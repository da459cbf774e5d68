"""Serves plotly.min.js out of the installed package as ``vendor/plotly.min.js``, and nothing else of it."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

# Found, not imported: no page needs its Python.
FOLDER = Path(getattr(find_spec("plotly"), "origin", None) or "").parent / "package_data"
FILE = "plotly.min.js"
PREFIX = "vendor"


class PlotlyFinder(BaseFinder):
    """A static files finder of one file; the folder beside it holds megabytes that no page asks for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=FOLDER)
        # collectstatic and WhiteNoise read the folder to serve under from here.
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        found = str(FOLDER / FILE) if path == f"{PREFIX}/{FILE}" else None
        return ([found] if found else []) if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        yield FILE, self.storage
