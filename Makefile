# Xinheng 信衡. `make` prints this help; it is made from the comments behind the targets.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEMO_HOME ?= var/demo
IN_PARALLEL ?= -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format types imports check lock bench openapi spark clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## simulate a city of 20,000 enterprises and run the whole job to the console's address
	$(BIN)/xinheng demo --home $(DEMO_HOME) --enterprises 20000 --seed 20261031

test: $(STAMP) ## run every test; what this machine lacks is skipped with its reason
	$(BIN)/python -m pytest $(IN_PARALLEL)

test-fast: $(STAMP) ## run the tests that neither train models, open a browser nor start Spark
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not slow and not browser and not postgres and not spark"

check: lint types imports ## lint, types and import rules

lint: $(STAMP) ## ruff, format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(STAMP) ## write the format and the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(STAMP) ## mypy --strict on the rooms
	$(BIN)/mypy

imports: $(STAMP) ## who may import whom
	$(BIN)/lint-imports

openapi: $(STAMP) ## write docs/openapi.json from the code
	$(BIN)/xinheng openapi > docs/openapi.json

bench: $(STAMP) ## print the benchmark tables (XINHENG_PUBLIC_DATA names the public records)
	$(BIN)/python -m benchmarks.chicago
	$(BIN)/python -m benchmarks.simulated_city
	$(BIN)/python -m benchmarks.scorecard
	$(BIN)/python -m benchmarks.learning_curve
	$(BIN)/python -m benchmarks.intake --gigabytes 1
	$(BIN)/python -m benchmarks.features --enterprises 250000 --folder var/bench
	$(BIN)/python -m benchmarks.double_random

spark: $(STAMP) ## install what the Spark engine needs; Java 17 must be there
	@java -version >/dev/null 2>&1 || echo "No java was found: the Spark engine needs Java 17 or later."
	$(BIN)/pip install --quiet --no-build-isolation --require-hashes --requirement requirements-spark.lock

lock: $(STAMP) ## write requirements.lock and requirements-spark.lock anew
	$(BIN)/pip-compile --quiet --generate-hashes --extra dev --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements-spark.lock requirements-spark.in

clean: ## remove the environment and the demo's data
	rm -rf $(VENV) $(DEMO_HOME)
