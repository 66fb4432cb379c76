PYTHON ?= python3
JOBS ?= 6
SEEDS ?= 1000
FROM ?= 1
SECONDS ?= 60
BIN := .venv/bin

# The tests start this program hundreds of times: that it is compiled once is a third of each start.
export PYTHONDONTWRITEBYTECODE :=
# mypy and the tests side by side.
MAKEFLAGS += --jobs=2

.DEFAULT_GOAL := help
.PHONY: help demo test nightly tests lint format bench files size exchange soak matrix fuzz pictures man dist venv dovecot clean

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/has-demo  ## two throw-away mail servers with sample mail, and the dashboard on them
	@$(BIN)/python -m tui_migrate.demo

test: lint tests  ## everything that CI checks: ruff, mypy, and the tests (JOBS=6: they wait more than they work)

tests: venv dovecot tests/__pycache__
	$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal

nightly: venv dovecot  ## all kills, long fuzzing, many scenarios, and as root the matrix: within an hour
	$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal -m "nightly or hypothesis" --hypothesis-profile nightly
	$(BIN)/python -m tests.soak --seeds 1000 --from $$(date +%j)000 --workers $(JOBS)
	@if [ "$$(id -u)" = 0 ]; then $(BIN)/python -m tests.matrix; else echo "The matrix is left out: it needs root."; fi

# By one process, where nothing is compiled yet: of those that start together, each would compile all of it.
tests/__pycache__: | venv
	-@$(BIN)/pytest --collect-only -qq > /dev/null

lint: venv  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: venv  ## let ruff put right what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: venv dovecot  ## seconds beside mbsync, dsync and imapsync, where they are installed; `make bench files`: of files, `make bench size`: of a large store, `make bench exchange`: of Exchange
	$(BIN)/python -m tests.bench$(addprefix .,$(filter files size exchange,$(MAKECMDGOALS)))

files size exchange: bench

matrix: venv dovecot  ## one nasty mailbox between all mail servers that Debian has; as root
	$(BIN)/python -m tests.matrix

soak: venv  ## random scenarios for as long as one likes (SEEDS=1000 FROM=1); one again: .venv/bin/python -m tests.soak SEED
	$(BIN)/python -m tests.soak --seeds $(SEEDS) --from $(FROM) --workers $(JOBS)

fuzz: venv  ## harm files of every kind, led by what code that reaches (SECONDS=60 for each reader; installs atheris)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

pictures: venv  ## draw the README's pictures from the program itself
	$(BIN)/python -m tests.pictures

man: venv  ## the manual page, in build/tui-migrate.1; the wheel holds it too
	@mkdir -p build
	$(BIN)/python -m tui_migrate.cli.manual > build/tui-migrate.1

dist: venv  ## what a release consists of, in dist/, and a try of it in a clean environment
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m tests.wheel dist

venv: .venv/has-test  ## the virtual environment in .venv, with all that developing needs

dovecot:
	@.ci/dovecot

clean:  ## remove whatever is made
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# Installed again when pyproject.toml is newer than the stamp. What tests need includes what the demo needs.
.venv/has-test: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch .venv/has-test .venv/has-demo

.venv/has-demo: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch .venv/has-demo
