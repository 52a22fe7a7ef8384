# Everything a newcomer needs; `make` alone says what there is.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

READERS ?= boot-arguments color-list xl image-builder kconfig manifest boot-log xen-image device-tree-blob \
	device-tree-source
SECONDS_EACH ?= 600
SEED ?= 1
SECONDS ?= 30

.PHONY: fuzz fuzz-guided help setup demo test test-fast test-lowest mutate browser test-browser check docs bench clean

help:
	@echo "make demo    set up and verify a real deployment in examples/"
	@echo "make test    set up and run all tests"
	@echo "make test-fast    without those marked slow, for while you work"
	@echo "make test-lowest  with the lowest versions of all that pyproject.toml allows"
	@echo "make mutate       mutants of xen/ and proof/ by mutmut (SAMPLE=300 for so many, drawn by lot)"
	@echo "make test-browser   the HTML reports in a real Chromium (needs Node and Chromium)"
	@echo "make check   lint, types and import contracts"
	@echo "make docs    the documentation as a site, in site/"
	@echo "make bench   how long whole verify runs take"
	@echo "make fuzz    100,000 mutated inputs over all readers (fuzz-guided: with atheris, for the night)"
	@echo "make clean   remove what the others made"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; name one with make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --constraint constraints.txt --editable . --group dev
	@touch $@

demo: $(READY)
	$(BIN)/colorcheck verify examples/zcu102-dom0less

test: $(READY)
	$(BIN)/pytest -n auto $(PYTEST_ARGUMENTS)

test-fast: $(READY)
	$(BIN)/pytest -n auto -m "not slow" $(PYTEST_ARGUMENTS)

test-lowest:
	LOWEST=$$(mktemp -d) && trap 'rm -rf "$$LOWEST"' EXIT && $(PYTHON) -m venv "$$LOWEST" && \
		"$$LOWEST/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt uv && \
		"$$LOWEST/bin/uv" pip install --quiet --python "$$LOWEST/bin/python" --resolution lowest-direct --editable . --group dev && \
		PATH="$$LOWEST/bin:$$PATH" "$$LOWEST/bin/pytest" -n auto -m "not slow" $(PYTEST_ARGUMENTS)

mutate: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group mutate
	$(BIN)/python -m tests.mutation.run $(if $(SAMPLE),--sample $(SAMPLE)) --seed $(SEED) --seconds $(SECONDS) $(MUTANTS)

browser:  # what drives a browser in the tests, from npm; `make test` skips these tests without it
	npm install --prefix tests/report/browser --no-package-lock --no-audit --no-fund --silent

test-browser: $(READY) browser
	$(BIN)/pytest tests/report/test_html_browser.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/properdocs build --strict --quiet

bench: $(READY)
	$(BIN)/python benchmarks/bench_verify.py

fuzz: $(READY)
	$(BIN)/python -m fuzz.mutate --inputs 100000

fuzz-guided: $(READY)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	for reader in $(READERS); do $(BIN)/python -m fuzz.guided $$reader -max_total_time=$(SECONDS_EACH) || exit 1; done

clean:
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

tables:  ## the tables of the grammars, after a grammar or lark changed
	$(BIN)/python docs/make/grammar_tables.py
