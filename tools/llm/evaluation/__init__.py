"""Suites of cases: what models are asked, what they shall call, and whether they did. No tool is really run."""
