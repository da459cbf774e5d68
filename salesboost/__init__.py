"""SalesBoost: runs the tool calls of LLM applications, records each, and shows and tells how they went."""

import sys

# httpx loads its command line, where it finds one, and so a library of colours: 4 MB of every process.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: it is not there
