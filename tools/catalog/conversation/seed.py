"""The labelled examples and cues that ship, from ``examples.toml`` into the database."""

import tomllib
from pathlib import Path
from typing import Any

from simple_history.utils import bulk_create_with_history

from tools.catalog.conversation.models import StageCue, UtteranceExample

EXAMPLES = Path(__file__).with_name("examples.toml")


def seed(stdout: Any = None) -> None:
    """Fill the empty tables of examples and cues. Does nothing where there are examples already."""
    if UtteranceExample.objects.exists():
        return
    shipped = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    examples = [
        UtteranceExample(stage=stage, text=text) for stage in shipped for text in shipped[stage]["examples"]
    ]
    cues = [StageCue(stage=stage, phrase=phrase) for stage in shipped for phrase in shipped[stage]["cues"]]
    bulk_create_with_history(examples, UtteranceExample)
    bulk_create_with_history(cues, StageCue)
    if stdout:
        stdout.write(f"{len(examples)} labelled utterances and {len(cues)} cues of {len(shipped)} sales stages.")
