# One folder, one virtual environment, two commands: make serve, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE
export WORKBENCH_WORKSPACE ?= $(CURDIR)/workspace
export PYTHONDONTWRITEBYTECODE =

# Files of tests are shared out to two processes; a file is never split.
SHARED := -n 2 --dist loadfile -p no:benchmark

# Tests leave nothing behind: their runs live in a folder of their own, ended with the command.
define in_fresh_workspace
@export WORKBENCH_WORKSPACE=$$(mktemp -d); $(1); status=$$?; \
$(BIN)/workbench down --runs >/dev/null; rm -rf "$$WORKBENCH_WORKSPACE"; exit $$status
endef

.PHONY: serve test lint unit notebooks bench lab down clean

serve: $(VENV)/installed
	$(BIN)/workbench serve --demo

lab: $(VENV)/installed
	$(BIN)/workbench lab

down: $(VENV)/installed
	$(BIN)/workbench down --runs

test: lint unit notebooks

lint: $(VENV)/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

unit: $(VENV)/installed-test
	$(call in_fresh_workspace,$(BIN)/python -m pytest -q $(SHARED) --durations=15)

notebooks: $(VENV)/installed-test
	$(call in_fresh_workspace,$(BIN)/python -m pytest -q -o addopts= $(SHARED) --nbval-lax notebooks)

bench: $(VENV)/installed-test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed, found {v[0]}.{v[1]}: run make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@
