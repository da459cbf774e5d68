#!/usr/bin/env bash
# gepa 0.1.4 takes max_metric_calls as a moment to look at, not as a limit: whole validations are not begun or left by
# it. With a budget of 20 and 50 cases to validate it spends 50 on the seed alone, never asks for one new text, and
# returns the seed without a word; with 13 and 10 cases it spends twice its budget. Who pays by case has to give
# at least two validations and two batches, and count for himself. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'gepa==0.1.4'
cat > "$folder/evolving.py" <<'PY'
from importlib.metadata import version

import gepa
from gepa.core.adapter import EvaluationBatch


class Counting:
    """A text is right for a case if it names its number. Counts the cases that it is asked to run."""

    propose_new_texts = None

    def __init__(self):
        self.ran = 0

    def evaluate(self, batch, candidate, capture_traces=False):
        self.ran += len(batch)
        scores = [float(str(case) in candidate["text"].split()) for case in batch]
        traces = [{"case": case} for case in batch] if capture_traces else None
        return EvaluationBatch(outputs=[None] * len(batch), scores=scores, trajectories=traces)

    def make_reflective_dataset(self, candidate, batch, components):
        told = [{"Inputs": str(each["case"]), "Feedback": "name it"} for each in batch.trajectories]
        return {component: told for component in components}


class Silent:
    def log(self, message):
        pass


print("gepa", version("gepa"))
for budget, cases in ((20, 50), (13, 10)):
    adapter, asked = Counting(), []

    def reflect(prompt):
        asked.append(prompt)
        return "```\n" + " ".join(str(number) for number in range(3 * len(asked))) + "\n```"

    found = gepa.optimize(
        seed_candidate={"text": "none"},
        trainset=[0, 1, 2],
        valset=list(range(cases)),
        adapter=adapter,
        reflection_lm=reflect,
        max_metric_calls=budget,
        logger=Silent(),
    )
    print(f"budget {budget}, {cases} to validate: ran {adapter.ran}, new texts {len(found.candidates) - 1}")
PY
said=$("$folder/venv/bin/python" "$folder/evolving.py")
echo "$said"
[ "$said" = "gepa 0.1.4
budget 20, 50 to validate: ran 50, new texts 0
budget 13, 10 to validate: ran 26, new texts 1" ]
