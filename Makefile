# make            set up and run the workflow on config.yaml (make PYTHON=python3.13: on another Python)
# make test       set up and run the tests (`make test-all`: the heavy ones too)
# make lint       formatters, linters, types, and which package imports which
# make peers      the strategies beside what a user would pick instead, measured in one run
# make validate   the promises of the verdict, by simulation
# make pictures   the pictures of README and docs/, from the runs in docs/data/
# make lock       compile requirements/*.txt anew from pyproject.toml
PYTHON ?= python3
BIN := .venv/bin

# Snakemake keeps a cache at home; a user of a container may have none, or one that is closed.
ifneq ($(shell [ -w "$$HOME" ] && echo yes), yes)
export HOME := $(CURDIR)/.snakemake
endif

run: .venv/run
	$(BIN)/snakemake --cores all
	@echo 'The report: results/report.html. To go on, edit config.yaml or read README.md, and:'
	@echo '    . .venv/bin/activate'
	@echo '    snakemake --cores 4     (or "snakemake job", "snakemake map", …)'

# What keeps PYTHON from being used, if anything.
UNFIT = $(shell command -v $(PYTHON) >/dev/null || { echo there is no such program; exit; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "it is $$($(PYTHON) --version 2>&1 | head -n 1)"; exit; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || echo 'it has no venv (Debian: apt install python3-venv)')

# An environment that somebody else has made is left alone.
FOREIGN := $(if $(wildcard .venv/run .venv/unfinished),,$(wildcard .venv/pyvenv.cfg))

# Where an installation was interrupted, pip may take half a package for a whole one: .venv is made anew.
UNFINISHED := $(wildcard .venv/unfinished)
define install
	touch .venv/unfinished
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	rm .venv/unfinished
	touch $@
endef

.venv/run: requirements/run.txt $(UNFINISHED)
	$(if $(FOREIGN),$(error .venv was not made by make: use it (docs/start.md), or move it away))
	$(if $(UNFIT),$(error $(PYTHON): $(UNFIT); another one, 3.11 or newer: make PYTHON=python3.12))
	$(if $(UNFINISHED),rm -rf .venv)
	mkdir -p .venv && touch .venv/unfinished
	$(PYTHON) -m venv .venv
	$(install)

.venv/dev: requirements/dev.txt $(UNFINISHED) | .venv/run
	$(install)

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

.venv/extras: requirements/extras.txt $(UNFINISHED) | .venv/dev
	$(install)

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
