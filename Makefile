# make            set up and run the workflow on config.yaml
# make test       set up and run the tests (`make test-all`: the heavy ones too)
# make lint       formatters, linters, types, and which package imports which
# make peers      the strategies beside what a user would pick instead, measured in one run
# make validate   the promises of the verdict, by simulation
# make pictures   the pictures of README and docs/, from the runs in docs/data/
# make lock       compile requirements/*.txt anew from pyproject.toml
PYTHON ?= python3
BIN := .venv/bin

run: .venv/run
	$(BIN)/snakemake --cores all

.venv/run: requirements/run.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	touch $@

.venv/dev: requirements/dev.txt | .venv/run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

test: .venv/dev
	tests/lanes.sh "not heavy" tests/workflow --ignore=tests/workflow

test-all: .venv/dev
	$(BIN)/pytest

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile rules examples
	$(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports --no-logo
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --lint

.venv/extras: requirements/extras.txt | .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/extras.txt
	touch $@

peers: .venv/extras
	$(BIN)/python benchmarks/peers.py

validate: .venv/dev
	$(BIN)/python benchmarks/validate.py

pictures: .venv/dev
	PYTHONPATH=scripts $(BIN)/python docs/pictures.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--quiet -o requirements/run.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--quiet -c requirements/run.txt --group dev -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--quiet -c requirements/run.txt --all-extras -o requirements/extras.txt pyproject.toml

.PHONY: run test test-all lint peers validate pictures lock
