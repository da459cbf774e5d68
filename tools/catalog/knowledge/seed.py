"""The handbook of the demonstration product: the Markdown files in ``handbook/``, loaded as documents."""

from pathlib import Path
from typing import TextIO

from tools.catalog.knowledge.models import Document

HANDBOOK = Path(__file__).parent / "handbook"
BASE_URL = "https://handbook.salesboost.example"


def seed(stdout: TextIO | None = None) -> None:
    """Add the handbook's documents that are not there. A document that somebody edited is left as it is."""
    known = set(Document.objects.values_list("slug", flat=True))
    added = [document for document in read_handbook() if document.slug not in known]
    for document in added:
        document.save()
    if stdout and added:
        stdout.write(f"knowledge: {len(added)} documents of the product handbook\n")


def read_handbook() -> list[Document]:
    """The documents of the files, unsaved. Raises ValueError that names a file without its header lines."""
    return [_read(path) for path in sorted(HANDBOOK.glob("*.md"))]


def _read(path: Path) -> Document:
    """A file starts with ``# Title`` and ``Category: name``."""
    title, category, body = (path.read_text(encoding="utf-8").strip() + "\n\n").split("\n", 2)
    if not title.startswith("# ") or not category.startswith("Category: "):
        raise ValueError(f"{path.name} must start with the lines '# Title' and 'Category: name'.")
    return Document(
        slug=path.stem,
        title=title[2:].strip(),
        category=category.removeprefix("Category: ").strip(),
        body=body.strip() + "\n",
        url=f"{BASE_URL}/{path.stem}",
    )
