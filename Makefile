# Each target does its own set-up; running it again is fast.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What is installed: to run, or to develop, which has all of the first and the tools of tests and checks.
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r
# Some images set it: then each of the processes that make up SalesBoost would compile all its sources anew.
unexport PYTHONDONTWRITEBYTECODE
LOCK := pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

.PHONY: demo run test lint bench bench-reading bench-peers format lock
.DEFAULT_GOAL := demo

$(RUN): requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the dependencies (about a minute, once) …"
	@$(INSTALL) requirements.lock
	@touch $@

$(DEV): requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the dependencies and the tools of tests and checks (about a minute, once) …"
	@$(INSTALL) requirements-dev.lock
	@touch $@ $(RUN)

demo: $(RUN)
	@$(BIN)/python manage.py up --demo

run: $(RUN)
	@$(BIN)/python manage.py up

test: $(DEV)
	@$(BIN)/python tests/browser.py
	@$(BIN)/python tests/promtool.py
	@$(BIN)/python tests/pgbouncer.py
	$(BIN)/python -m pytest -n 3 --dist loadgroup

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djlint --check --lint --quiet templates

bench: $(DEV)
	@$(BIN)/python -m tests.bench

# With ten million spans in the store; takes some minutes and 5 GB of the disk.
bench-reading: $(DEV)
	@$(BIN)/python -m tests.bench reading

# Beside LangChain, FastMCP, redis-py and Phoenix, installed into DATA_DIR; takes some 20 minutes and 1.1 GB of the disk.
bench-peers: $(DEV)
	@$(BIN)/python -m tests.bench.peers

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

# Both lock files anew from pyproject.toml. What is pinned stays so where it still fits; delete a pin to raise it.
lock:
	@set -e; tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
	$(PYTHON) -m venv "$$tool"; "$$tool/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.8'; \
	"$$tool/bin/uv" $(LOCK) pyproject.toml -o requirements.lock; \
	"$$tool/bin/uv" $(LOCK) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
