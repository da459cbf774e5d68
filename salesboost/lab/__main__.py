"""``python -m salesboost.lab``: the lab as `up` starts it for the demonstration, without Django.

People start it by ``manage.py provider_lab``.
"""

import argparse
from functools import partial

from salesboost.lab.lab import Lab
from salesboost.lab.serving import serve

# Whoever wants to read what was asked looks at spans; a process that runs for days keeps little.
KEPT_REQUESTS = 20

parser = argparse.ArgumentParser(prog="python -m salesboost.lab", description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--latency-ms", type=float, default=0.0)
options = parser.parse_args()
lab = Lab(port=options.port, seed=options.seed, latency_ms=options.latency_ms, kept=KEPT_REQUESTS)
serve(lab, partial(print, flush=True))
