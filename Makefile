SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up
PYTEST := $(BIN)/python -m pytest
# More arguments for run, test, lab-test, lab and bench: make test ARGS='-k plan'
ARGS ?=
# Without the compiled modules each start takes four times as long: setup makes them, as Python may
# be told to write none, and tests, which start thousands, write those of what was changed.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(SETUP) ## put podferry and all that it is developed with into .venv

# pip brings uv and uv brings the rest, each taking only what matches the hashes of the lock.
# uv does not read pip's configuration: where that names the only index, pip brings it all.
$(SETUP): requirements.lock pyproject.toml core/__init__.py
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then
	  $(make_venv)
	fi
	export PIP_DISABLE_PIP_VERSION_CHECK=1
	awk '/^[^ #]/ { uv = /^uv==/ } uv' requirements.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.lock
	$(trust)
	export UV_PYTHON=$(BIN)/python
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock ||
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --offline --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q core tui
	touch $@
	echo "set up: $(BIN)/podferry"

# uv trusts what pip trusts on this machine.
define trust
  if [ -n "$${PIP_CERT:-}" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}"; fi
  if [ -e /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=1; fi
endef

# Debian keeps what `python3 -m venv` needs in a package of its own.
define make_venv
  rm -rf $(VENV)
  if ! command -v $(PYTHON) >/dev/null; then
    echo "make setup: $(PYTHON) is missing: install Python 3.11 or newer" >&2; exit 1
  fi
  if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "make setup: $(PYTHON) is older than 3.11: make setup PYTHON=python3.11" >&2; exit 1
  fi
  if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
    as_root="env DEBIAN_FRONTEND=noninteractive"
    if [ "$$(id -u)" != 0 ]; then as_root="sudo $$as_root"; fi
    { command -v $${as_root%% *} >/dev/null && $$as_root apt-get update -qq &&
      $$as_root apt-get install -qq --no-install-recommends python3-venv >/dev/null; } || {
      echo "make setup: $(PYTHON) cannot make virtual environments: install python3-venv" >&2; exit 1
    }
  fi
  $(PYTHON) -m venv $(VENV)
endef

.PHONY: run
run: $(SETUP) ## open Podferry; ARGS='...' are its arguments
	@$(BIN)/podferry $(ARGS)

.PHONY: test
test: $(SETUP) ## run the tests that need no hosts
	@$(PYTEST) -m "not lab" -n auto $(ARGS)

# NIGHTLY=1: also variants of what another test proves. Tests wait for hosts nearly as long as
# they compute, so there are twice as many workers as cores of CI. What is free takes the next
# test, as files differ by minutes.
.PHONY: lab-test
lab-test: $(SETUP) ## run the tests that need the lab's two hosts (as root)
	@$(PYTEST) -m lab -n 4 --dist worksteal $(ARGS)

# NIGHTLY=1: both ways on real hosts, and a hundred kills at random.
.PHONY: faults
faults: $(SETUP) ## run the fault matrix, also on real hosts (as root), and count its cases
	@reports=$$(mktemp -d); status=0
	$(PYTEST) tests/faults -m "not lab" -n auto --junitxml=$$reports/simulated.xml $(ARGS) ||
	  status=1
	$(MAKE) lab-faults ARGS="--junitxml=$$reports/real.xml $(ARGS)" || status=1
	$(BIN)/python -m tests.faults count $$reports/*.xml || status=1
	$(BIN)/python -m tests.faults table; rm -rf "$$reports"; exit $$status

.PHONY: lab-faults
lab-faults: $(SETUP) ## run that part of the matrix that needs real hosts (as root)
	@PODFERRY_LAB_REQUIRED=1 NIGHTLY=$(NIGHTLY) $(PYTEST) tests/faults -m lab -n 4 --dist worksteal $(ARGS)

.PHONY: check
check: $(SETUP) ## all that a change must pass: format, lint, types, imports, tests
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MAKE) test

.PHONY: format
format: $(SETUP) ## format the code and mend what the linter can
	@$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lab
lab: $(SETUP) ## start the lab's two hosts and open Podferry on them (as root)
	@$(BIN)/python -m tests.lab $(ARGS)

.PHONY: bench
bench: $(SETUP) ## measure moves between the lab's hosts (as root)
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: screenshots
screenshots: $(SETUP) ## make the README's pictures from the running app
	@$(BIN)/python screenshots/make.py

# requirements.lock names no index, so it serves any mirror.
.PHONY: lock
lock: $(SETUP) ## lock the newest dependencies that pyproject.toml allows
	@$(trust)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --group dev --output-file requirements.lock pyproject.toml >/dev/null
	if grep -n '://' requirements.lock; then echo "make lock: the lock names an index" >&2; exit 1; fi

.PHONY: wheel
wheel: $(SETUP) ## build the wheel into dist/
	@$(BIN)/uv build --quiet --wheel --python $(BIN)/python --no-build-isolation
	ls dist

.PHONY: clean
clean: ## remove .venv and all that was built
	@rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find core tui tests screenshots -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
