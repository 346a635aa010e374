# The two commands are `make run` and `make test`; the others are slower or rarer. Everything stays inside .venv and var.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test install lint types unit test-long test-servers screenshots bench clean

run: $(VENV)/.ready
	@exec $(BIN)/python -m nobet run

install: $(VENV)/.ready

# One stamp a step: an install that was interrupted starts again, one that was finished takes no time.
$(VENV)/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Nöbet needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make run PYTHON=python3.12")'
	@echo "Making the virtual environment (once, a few minutes) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.ready requirements-test.txt
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements-test.txt
	@touch $@

test: $(VENV)/.test-ready
	@$(BIN)/python tests/browser.py
	@$(BIN)/python tests/integration/imap_server.py
	@$(MAKE) --no-print-directory lint
# Hundreds of processes are started; where Python may write no bytecode, each would compile all of ours again.
	@$(BIN)/python -m compileall -q *.py board collectors commands desk nlp playbooks store tests
	@$(BIN)/mypy & types=$$!; \
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$types && exit $$tests

lint: $(VENV)/.test-ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.test-ready
	@$(BIN)/mypy

unit: $(VENV)/.test-ready
	@$(BIN)/python -m pytest -q tests/unit

# What takes long (tests/long.py), six times as many random schedules of faults and kills as `make test` runs, and the clock on ten thousand policies.
test-long: export NOBET_TEST_LONG = 1
test-long: $(VENV)/.test-ready
	@NOBET_TEST_SCHEDULES=102 $(BIN)/python -m pytest -q -n 2 tests/integration/test_random_faults.py
	@NOBET_TEST_PROFILE=long $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit
	@NOBET_TEST_BOTH=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/integration
	@NOBET_TEST_KILLS=200 $(BIN)/python -m pytest -q -n 2 tests/integration/test_sending_killed.py tests/integration/test_desk_answering_killed.py
	@NOBET_TEST_IMPORT_KILLS=10 $(BIN)/python -m pytest -q tests/acceptance/test_import_export.py tests/acceptance/test_end_to_end.py
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/pages --deselect tests/pages/test_every_page.py
	@NOBET_TEST_PAGES=all $(BIN)/python -m pytest -q tests/pages/test_every_page.py
	@NOBET_TEST_DRILLS=all $(BIN)/python -m pytest -q -n 2 tests/integration/test_drills_played.py tests/acceptance/test_drill_command.py
	@NOBET_TEST_POLICIES=10000 $(BIN)/python -m pytest -q -n 2 tests/unit/test_desk_clock_walk.py

# Servers that take minutes to install: the Bluesky development network, WordPress.
test-servers: $(VENV)/.test-ready
	@NOBET_TEST_SERVERS=1 $(BIN)/python -m pytest -q -rs tests/servers

screenshots: $(VENV)/.test-ready
	@$(BIN)/python tests/browser.py
	@$(BIN)/python -m tests.pages.screenshots

bench: $(VENV)/.test-ready
	@$(BIN)/python -m tests.performance.bench_due

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
