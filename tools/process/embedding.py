"""Texts as vectors of 256 numbers, by wordllama's model: its weights are in its wheel, so it needs no network.

A vector is the mean of those of the text's tokens. wordllama itself would copy all 32,000 of these into each
process, as numbers twice as wide; here they stay in their file, of which the system keeps one copy for all. They
are added up in plain Python: a question has a dozen, and numpy would be 15 MB of each process that serves.
"""

import json
from collections.abc import Iterable, Sequence
from ctypes import CDLL
from functools import cache
from importlib.util import find_spec
from math import hypot
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 256
WEIGHTS, TOKENIZER = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
ROW = Struct(f"<{DIMENSIONS}e")
_loading = Lock()


class Weights:
    """The only matrix of a file of safetensors, left where it is."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            (entry,) = (each for name, each in json.loads(opened.read(size)).items() if name != "__metadata__")
            self._begin = 8 + size + entry["data_offsets"][0]
            self._mapped = mmap(opened.fileno(), 0, access=ACCESS_READ)

    def mean(self, tokens: Iterable[int]) -> list[float]:
        """The mean of the rows of *tokens*, at length 1; zeros where there are none."""
        rows = [ROW.unpack_from(self._mapped, self._begin + token * ROW.size) for token in tokens]
        sums = list(map(sum, zip(*rows, strict=True)))
        length = hypot(*sums)
        return [each / length for each in sums] if length else [0.0] * DIMENSIONS


def embed(texts: Sequence[str]) -> list[list[float]]:
    """One vector of length 1 a text. A text in which the model knows no word gets a vector of zeros."""
    if not texts:
        return []
    tokenizer, weights = model()
    return [weights.mean(each.ids) for each in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def vectors(texts: Sequence[str]) -> "NDArray[np.float32]":
    """The same as a matrix, one row a text, for who computes with them."""
    import numpy as np

    return np.array(embed(texts), np.float32).reshape(-1, DIMENSIONS)


def model() -> tuple[Any, Weights]:
    """Tokenizer and weights, loaded once a process; who comes meanwhile waits for it."""
    with _loading:
        return _load()


@cache
def _load() -> tuple[Any, Weights]:
    # Imported late: it takes some tenths of a second that other processes need not spend.
    from tokenizers import Tokenizer

    folder = Path(getattr(find_spec("wordllama"), "origin", None) or "").parent
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _give_back()
    return tokenizer, Weights(folder / WEIGHTS)


def _give_back() -> None:
    """Let the system have what reading the tokenizer's file left over: 6 MB, which glibc would keep."""
    if trim := getattr(CDLL(None), "malloc_trim", None):
        trim(0)
