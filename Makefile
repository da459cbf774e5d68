# Each target does its own set-up; running it again is fast.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: demo run test lint bench bench-reading format
.DEFAULT_GOAL := demo

$(READY): requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the dependencies (about a minute, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

demo: $(READY)
	@$(BIN)/python manage.py up --demo

run: $(READY)
	@$(BIN)/python manage.py up

test: $(READY)
	@$(BIN)/python tests/browser.py
	@$(BIN)/python tests/promtool.py
	@$(BIN)/python tests/pgbouncer.py
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djlint --check --lint --quiet templates

bench: $(READY)
	@$(BIN)/python -m tests.bench

# With ten million spans in the store; takes some minutes and 5 GB of the disk.
bench-reading: $(READY)
	@$(BIN)/python -m tests.bench reading

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates
