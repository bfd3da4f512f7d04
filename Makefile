# Peakproof: every task of the project. `make` alone lists them.
# The first target that needs it builds .venv (Python 3.11 or later, one minute at most on a plain network).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench notebooks lock clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
# Which Python to build .venv with: `make PYTHON=python3.12 test`. By default, the first that is new enough.
PYTHON ?=
PYTEST_ARGS ?=

help:  ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	  || grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST)

demo: $(STAMP)  ## Run the demonstration scenario and say what it shows
	@$(BIN)/peakproof demo

test: $(STAMP)  ## Run all tests on two workers (PYTEST_ARGS="-k ledger" to choose)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

lint: $(STAMP)  ## Check style, formatting, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)  ## Format the code and apply the safe fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP)  ## Measure speed against the bare-process baseline
	@$(BIN)/python benchmarks/speed.py

notebooks: $(STAMP)  ## Execute each notebook source, then write its .ipynb beside it
	@set -e; for source in notebooks/*.py; do \
	  [ -e "$$source" ] || { echo "No notebook sources in notebooks/."; break; }; \
	  echo "$$source"; \
	  MPLBACKEND=Agg $(BIN)/python "$$source" >/dev/null; \
	  $(BIN)/jupytext --quiet --to ipynb "$$source"; \
	done

lock:  ## Renew requirements.lock after a change in pyproject.toml (LOCK_ARGS=--upgrade for newer releases)
	@[ -x $(BIN)/uv ] || $(MAKE) --no-print-directory $(STAMP)
	@[ -x $(BIN)/uv ] || { echo "make lock needs uv, and it could not be installed into $(VENV)." >&2; exit 1; }
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev $(LOCK_ARGS) pyproject.toml -o requirements.lock
	@echo "requirements.lock is up to date; the next target installs it."

clean:  ## Remove .venv, caches, build output and runs
	@rm -rf $(VENV) build dist *.egg-info runs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
	  .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs the lock in seconds; where it is not to be had, pip installs the same lock more slowly.
$(STAMP): pyproject.toml requirements.lock
	@set -e; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  chosen=; \
	  for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	      chosen=$$candidate; break; \
	    fi; \
	  done; \
	  if [ -z "$$chosen" ]; then \
	    echo "Peakproof needs Python 3.11 or later; none was found as: $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python)." >&2; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	  fi; \
	  rm -rf $(VENV); \
	  if ! "$$chosen" -m venv $(VENV); then \
	    rm -rf $(VENV); \
	    echo "$$chosen could not make a virtual environment." >&2; \
	    echo "On Debian and Ubuntu its venv module is a package of its own: apt install python3-venv" >&2; exit 1; \
	  fi; \
	fi; \
	echo "Installing the locked packages into $(VENV) ..."; \
	if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1 \
	  && $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .; then :; \
	else \
	  echo "uv did not do it; using pip (slower) ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .; \
	fi; \
	touch $(STAMP)
