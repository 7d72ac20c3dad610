# Each target sets up what it needs by itself. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
# The tests start hundreds of processes; each compiles the code anew where nothing may be kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo story test check lint-deploy rehearse-image format bench machines chaos chaos-short pins clean

demo: .venv/ready
	$(BIN)/sentinel demo --story

story: .venv/ready
	for story in day shared night documents past-due; do $(BIN)/sentinel demo --story $$story || exit 1; done

# Brings or finds Chromium; PostgreSQL comes as a wheel. Nothing is skipped for want of either.
test: .venv/ready
	sh tests/bring-chromium
	TMPDIR=$$(sh tests/scratch) $(BIN)/python -m tests

check: .venv/ready
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) lint-deploy
	$(MAKE) test

# What lies in deploy/, read by the tools that it is for. What cannot be checked here is said; with CI set that fails.
lint-deploy: .venv/ready
	bash deploy/lint.sh

# The image's own steps, without a container engine. Needs the package index, and takes a minute.
rehearse-image: .venv/ready
	$(BIN)/python deploy/rehearse.py

format: .venv/ready
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

bench: .venv/ready
	for name in probe schedule mail estimate detect latency directory fanout; do $(BIN)/python -m bench.$$name || exit 1; done
	$(BIN)/python -m bench.fanout --million

# Two machines and cables that are pulled. Needs Linux and root; says so where it cannot be had.
machines: .venv/ready
	$(BIN)/python -m bench.machines

# Kills hubs and workers until there were hundreds of kills; chaos-short for two minutes, in continuous integration.
chaos: .venv/ready
	$(BIN)/python -m bench.chaos

chaos-short: .venv/ready
	$(BIN)/python -m bench.chaos --short

# uv comes from the package index; where it cannot be had, or cannot reach the index, pip does the same more slowly.
.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements/dev.txt || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch .venv/ready

# New pins, from pyproject.toml.
pins: .venv/ready
	$(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --universal --no-header --no-emit-index-url -o requirements/core.txt
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --generate-hashes --universal --no-header --no-emit-index-url -o requirements/dev.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
