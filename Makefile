# The commands a person needs: `make run`, `make test`, `make check`, `make venv`.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin

# The oldest Python that the pins are resolved for; PYTHON=/path/to/python overrides the search.
PYTHON ?=
CANDIDATES := python3 python3.13 python3.12 python3.11
PYTEST_ARGS ?=
# Two at a time, a file to each: what a file sets up (a server, a browser) is set up once. The order stands in tests/order.py.
WORKERS ?= 2
# The tests start the product's processes by the dozen: each would compile every module anew if the environment forbade to keep them.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q
AT_ONCE := -n $(WORKERS) --dist loadfile

define find_python
py=''; \
for c in $(or $(PYTHON),$(CANDIDATES)); do \
  if "$$c" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then py="$$c"; break; fi; \
done; \
if [ -z "$$py" ]; then echo 'expedite: Python 3.11 or newer is needed; none found. Set PYTHON=...' >&2; exit 1; fi
endef

# uv installs in a tenth of pip's time, but it reads other settings than pip does (mirrors, certificates): if it is
# missing or refused, pip does the same from the same pins. `pip --python` reaches a venv made without ensurepip.
define install
if ! { uv --version >/dev/null 2>&1 && uv pip install --compile-bytecode --python $(BIN)/python $(1); }; then \
  if $(BIN)/python -m pip --version >/dev/null 2>&1; then pip="$(BIN)/python -m pip"; \
  else $(find_python); pip="$$py -m pip --python $(BIN)/python"; fi; \
  $$pip install --disable-pip-version-check $(1); \
fi
endef

.PHONY: help venv venv-dev run test test-postgresql check format pins clean diagram

help:  ## Show these lines
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

venv: $(VENV)/.stamp  ## Make .venv with the pinned packages and Expedite itself (nothing to do: no time)

venv-dev: $(VENV)/.stamp-dev  ## The same with the tools of tests and checks

run: venv  ## Start Expedite with the demonstration district
	@exec $(BIN)/expedite up --demo

test: venv-dev  ## Run the tests; PYTEST_ARGS='-k name' narrows them, WORKERS=0 runs one by one
	@exec $(PYTEST) $(AT_ONCE) $(PYTEST_ARGS)

test-postgresql: venv-dev  ## Run on PostgreSQL what `test` runs on SQLite alone
	@EXPEDITE_TEST_DATABASES='sqlite postgresql' exec $(PYTEST) $(AT_ONCE) -k postgresql -m 'not each_database' $(PYTEST_ARGS)

check: venv-dev  ## Lint, format, types, import contracts, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -m migrations

format: venv-dev  ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pins are universal (one file for every platform and Python) and name no index: each machine uses its own.
# Run it after a change of the ranges in pyproject.toml; `PINS=--upgrade` moves everything to the newest allowed.
PINS ?=
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate
pins:  ## Resolve requirements*.txt from pyproject.toml (needs uv)
	$(COMPILE) $(PINS) pyproject.toml -o requirements.txt
	$(COMPILE) $(PINS) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean:  ## Remove the environment and the tools' caches (never the data folder)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist

$(BIN)/python:
	@$(find_python); \
	echo "expedite: making $(VENV) with $$($$py --version)"; \
	$$py -m venv $(VENV) >/dev/null 2>&1 || $$py -m venv --clear --without-pip $(VENV)

$(VENV)/.stamp: requirements.txt pyproject.toml | $(BIN)/python
	@echo 'expedite: installing the pinned packages'
	@$(call install,-r requirements.txt)
	@echo 'expedite: installing Expedite itself'
	@$(call install,--no-deps -e .)
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.txt $(VENV)/.stamp
	@echo 'expedite: installing the tools of tests and checks'
	@$(call install,-r requirements-dev.txt)
	@touch $@

diagram: venv  ## Draw the lifecycle anew into README.md and docs/lifecycle.md, and the written stories into docs/stories.md
	$(BIN)/python docs/write_lifecycle.py
	$(BIN)/python docs/write_stories.py
