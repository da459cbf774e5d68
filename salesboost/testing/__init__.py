"""For tests of what is built on SalesBoost: the lab, snapshots, property tests, chaos, load, and evaluations.

``pytest_plugins = ["salesboost.testing.plugin"]`` in the topmost conftest.py gives the fixtures. No
server imports this.
"""
