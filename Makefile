# `make run` and `make test` set up all they need, with python3 (3.11 or newer, with venv) and a package index.

PYTHON ?= python3
# What Python compiled once is kept, whatever the environment says: dozens of processes start with it, in a third of the time.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE := $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--annotation-style=line
# What a real installation sets, so that the checks for one have something to check.
DEPLOYED := PUBLIC_BASE_URL=https://crm.example.com ALLOWED_HOSTS=crm.example.com PROXY_COUNT=1 DEBUG=False

.PHONY: run test check bench requirements clean
.DELETE_ON_ERROR:

run: .venv/installed .env
	@exec $(MANAGE) run --parent $$PPID

test: .venv/installed-dev .env
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(ARGS)

check: .venv/installed-dev .env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(DEPLOYED) $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) schema_doc --check
	$(MAKE) test

bench: .venv/installed-dev .env
	$(BIN)/python -m benchmarks $(ARGS)

requirements: .venv/installed-dev
	$(COMPILE) --output-file=requirements.txt pyproject.toml
	$(COMPILE) --extra=dev --constraint=requirements.txt --output-file=requirements-dev.txt pyproject.toml

# Takes away what was built, never var/ (the data) and .env (the keys to it).
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt | $(BIN)/python
	$(PIP) -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt requirements.txt | $(BIN)/python
	$(PIP) -r requirements-dev.txt
	@touch $@ .venv/installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "Python's venv module is needed. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.env: | $(BIN)/python
	@$(BIN)/python -m config.env_file
