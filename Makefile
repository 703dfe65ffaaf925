# The developer's verbs; `cartwheel` (in .venv/bin) holds the user's. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false
# Imports are compiled once and kept: without it every process would compile its libraries anew, seconds each.
unexport PYTHONDONTWRITEBYTECODE

# Tests make thousands of small stores and wait for each commit: in memory where the machine has room for them, on disk elsewhere.
IN_MEMORY := $(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 8000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

.PHONY: help demo up test lint format types check proof bench docs lock clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed ## set up everything and run one turn of the wheel on the local sandbox
	@$(BIN)/cartwheel demo

up: $(VENV)/.installed ## sandbox and Dagster UI on 127.0.0.1
	@$(BIN)/cartwheel up

test: $(VENV)/.installed ## the test suite
	@$(IN_MEMORY) $(BIN)/pytest

proof: $(VENV)/.installed ## the proofs in full: crash matrix, mutants of engine and SQL, random shops, mishaps, faults, the engine on PostgreSQL
	@$(BIN)/pytest -m proof --hypothesis-profile search tests
	@CARTWHEEL_TEST_STORE=postgresql $(BIN)/pytest --hypothesis-profile search tests/reverse_etl

lint: $(VENV)/.installed ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.installed ## let ruff rewrite
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

check: lint test ## what CI runs

bench: $(VENV)/.installed ## the ratios quoted in the README
	@for script in $$(grep -l __main__ bench/*.py); do echo "== $$script"; $(BIN)/python "$$script"; done

docs: $(VENV)/.installed ## write the parts of the guides that are made from models and seeds
	@for part in finance_tables journal_recipes reason_codes; do $(BIN)/python -m tests.docs.$$part; done

lock: ## resolve requirements.lock anew (needs uv)
	uv pip compile --universal --generate-hashes --all-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml -o requirements.lock

clean: ## remove what was built and loaded here, keep the environment
	rm -rf .cartwheel transform/target transform/logs .pytest_cache .mypy_cache .ruff_cache

# uv where it is installed (seconds), plain venv and pip elsewhere (a few minutes); the same hashes either way.
$(VENV)/.installed: requirements.lock pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	    uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . ; \
	else \
	    echo "Installing into $(VENV) (a few minutes the first time) ..." && \
	    $(PYTHON) -m venv $(VENV) && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . ; \
	fi
	@touch $(VENV)/.installed
