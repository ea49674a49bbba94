# The front door. `make demo` and `make test` install what they need on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.txt
STAMP := $(VENV)/.installed
JOBS ?= 2
QUICK ?=
KEEP ?=
# Packages are installed uncompiled and compiled when they are first used. Where nothing may be written, every process
# would compile them anew, and a command takes half again as long to start.
export PYTHONDONTWRITEBYTECODE =
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help install system packages demo test lint types arch check bench prove fuzz docs pictures lock clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(STAMP)  ## system packages (with apt, when root or sudo is there) and the locked environment in .venv

$(STAMP): $(LOCK) pyproject.toml scripts/system-packages
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || ./scripts/system-packages
	$(MAKE) --no-print-directory -j2 system packages
	touch $@

# Both load and unpack for minutes, and neither needs the other.
system:
	./scripts/system-packages

# The lock names every package, so nothing has to be resolved.
packages:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import torch; assert torch.__version__.startswith("2.13.0")' 2>/dev/null || \
		$(PIP) --no-compile torch==2.13.0
	$(PIP) --no-compile --no-deps --require-hashes -r $(LOCK)
	$(PIP) --no-deps --no-build-isolation -e .

demo: install     ## the whole way, from a click to an agent that can do the task (QUICK=1: shorter, KEEP=1: stays up)
	$(BIN)/aboveboard demo $(if $(QUICK),--quick) $(if $(KEEP),--keep)

test: install     ## every test, two files at a time (JOBS=1: one)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: install     ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install    ## mypy, strict
	$(BIN)/mypy

arch: install     ## import rules
	$(BIN)/lint-imports

check: lint types arch test  ## all four

bench: install    ## every benchmark beside its peer; writes bench/RESULTS.md and its plots
	$(PIP) --require-hashes -r requirements/bench.txt
	$(BIN)/python -m bench.all $(if $(QUICK),--quick)

prove: install    ## the slow proofs: crash rounds, long property runs, the full demo
	$(BIN)/python -m pytest -m "prove or not prove" --hypothesis-profile=prove
	$(BIN)/aboveboard demo

fuzz: install     ## parsers of what strangers send, by a fuzzer, for FUZZ_S seconds each (100)
	$(BIN)/python -m pytest tests/fuzz -m "prove or not prove"

docs: install     ## documents whose commands and links are tested
	$(BIN)/python -m pytest tests/docs

pictures: install ## a picture of every page, light and dark, wide and narrow, into docs/portal
	$(BIN)/python -m tests.portal.pictures

lock:             ## make the hashed lock files anew (needs uv)
	./requirements/compile.sh

clean:            ## remove the environment and everything the demo left
	rm -rf $(VENV) var
