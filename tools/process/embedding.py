"""Texts as vectors of 256 numbers, by wordllama: its weights are in its wheel, so it needs no network."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

DIMENSIONS = 256
_loading = Lock()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """One vector of length 1 a text. A text in which the model knows no word gets a vector of zeros."""
    if not texts:
        return []
    import numpy

    vectors = model().embed(list(texts), norm=False)
    lengths = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / numpy.where(lengths > 0, lengths, 1)).tolist()  # type: ignore[no-any-return]  # numpy's tolist


def model() -> Any:
    """wordllama's model, loaded once a process; who comes meanwhile waits for it."""
    with _loading:
        return _load()


@cache
def _load() -> Any:
    # Imported late: with its tokenizer it takes half a second that other processes need not spend.
    import wordllama

    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
