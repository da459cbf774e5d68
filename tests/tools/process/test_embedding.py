"""Our vectors are wordllama's, at a fraction of its memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import wordllama

from tests.running import ROOT
from tools.process.embedding import DIMENSIONS, embed, vectors

TEXTS = [
    "How do I ask for a refund?",
    "x",
    "Zażółć gęślą jaźń – 東京 🙂",
    "one two three " * 400,
    "SCIM and MEDDICC, e-mail: ana@example.com; 1,234.50 €",
]
MEMORY = """
import re
def anonymous_mb():
    return int(re.search(r"Pss_Anon:\\s+(\\d+)", open("/proc/self/smaps_rollup").read())[1]) / 1024
before = anonymous_mb()
from tools.process.embedding import embed
embed(["how do I ask for a refund"])
print(anonymous_mb() - before)
"""


def test_each_text_has_the_vector_that_wordllama_gives_it():
    theirs = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    assert np.allclose(vectors(TEXTS), theirs.embed(TEXTS, norm=True), rtol=0, atol=1e-6)


def test_a_text_without_a_known_word_has_zeros():
    assert embed([""]) == [[0.0] * DIMENSIONS]
    assert embed([]) == []


def test_the_weights_stay_in_their_file():
    told = subprocess.run([sys.executable, "-c", MEMORY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(told.stdout) < 24  # wordllama's own, with numpy: 75
