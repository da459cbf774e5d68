"""Texts as vectors of 256 numbers, by wordllama's model: its weights are in its wheel, so it needs no network.

A vector is the mean of those of the text's tokens. wordllama itself would copy all 32,000 of these into each
process, as numbers twice as wide; here they stay in their file, of which the system keeps one copy for all.
"""

import json
from collections.abc import Sequence
from ctypes import CDLL
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 256
WEIGHTS, TOKENIZER = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
_loading = Lock()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """One vector of length 1 a text. A text in which the model knows no word gets a vector of zeros."""
    return vectors(texts).tolist() if texts else []


def vectors(texts: Sequence[str]) -> "NDArray[np.float32]":
    """The same as a matrix, one row a text."""
    import numpy as np

    tokenizer, weights = model()
    found = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, tokens in zip(found, tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True):
        row[:] = weights[tokens.ids].sum(axis=0, dtype=np.float32) / max(len(tokens.ids), 1)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(found, lengths, out=found, where=lengths > 0)
    return scaled


def model() -> tuple[Any, "NDArray[np.float16]"]:
    """Tokenizer and weights, loaded once a process; who comes meanwhile waits for it."""
    with _loading:
        return _load()


@cache
def _load() -> tuple[Any, "NDArray[np.float16]"]:
    # Imported late: it takes some tenths of a second that other processes need not spend.
    from tokenizers import Tokenizer

    folder = Path(getattr(find_spec("wordllama"), "origin", None) or "").parent
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _give_back()
    return tokenizer, mapped(folder / WEIGHTS)


def _give_back() -> None:
    """Let the system have what reading the tokenizer's file left over: 6 MB, which glibc would keep."""
    if trim := getattr(CDLL(None), "malloc_trim", None):
        trim(0)


def mapped(file: Path) -> "NDArray[np.float16]":
    """The only matrix of a file of safetensors, left where it is."""
    import numpy as np

    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        (entry,) = (each for name, each in json.loads(opened.read(size)).items() if name != "__metadata__")
    begin = 8 + size + entry["data_offsets"][0]
    return np.memmap(file, np.dtype("<f2"), "r", begin, tuple(entry["shape"]))
