# Two commands do all the set-up: `make run` (a guided tour) and `make test`.
# Each makes .venv when it is missing, adds to it what the target needs, and is quick when it is there.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Worker processes of the test run; `make test JOBS=0` runs in one process.
JOBS ?= 2
# More for pytest: make test ARGS="tests/unit -k pool"
ARGS ?=
# How long `make fuzz` looks for trouble, all targets together.
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help run test check compat others fuzz format lint types contracts coverage soak soak-long torture mutation embed dist docs bench bench-quick bench-check bench-plots bench-pythons clean

help:
	@echo "make run              a guided tour against a demo server on this machine"
	@echo "make run URL=https:// requests that URL instead"
	@echo "make test             the tests                    (ARGS=... goes to pytest)"
	@echo "make check            format, lint, types, contracts, and the tests with the coverage floor"
	@echo "make compat           requests' own tests and those of what builds on it, and 23 packages, on us"
	@echo "make others           the examples of the page With other libraries, and what they see of us"
	@echo "make soak             mixed traffic with faults   (MINUTES=1 REQUESTS=0, SMALL=1000000 for small ones too)"
	@echo "make soak-long        100,000 requests in 32 threads, and an interrupt at every moment of a request"
	@echo "make fuzz             bytes made up by atheris against protocol, decoders and URLs (SECONDS=60)"
	@echo "make torture          every call of many requests fails once, in every way that it can"
	@echo "make mutation         small changes to a room below: do its tests notice? (ROOM=framing)"
	@echo "make embed            embedded for real: zipapp, PyInstaller, layer, inside pip, short of everything (5 minutes)"
	@echo "make dist             what a release is made of, built, checked, and installed where nothing else is"
	@echo "make docs             the documentation, in docs/_build/html"
	@echo "make bench            every client and workload side by side (20 to 25 minutes); docs/benchmarks anew"
	@echo "make bench-quick      the main ones, two to three minutes"
	@echo "make bench-pythons    ours, requests and urllib3 on PYTHONS (\"3.10 3.13\"), for a table of their own"
	@echo "make bench-check      fails when we are slower, beside others, than the committed results say"
	@echo "make format           lay out the code"

# -- the virtual environment: the package itself, then one stamp for each dependency group ---------------------------

$(VENV)/.made: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: make PYTHON=python3.12 ...")'
	@echo "making $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.has-%: $(VENV)/.made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group $*
	@touch $@

.PRECIOUS: $(VENV)/.has-% $(VENV)/.python-%

# -- the targets -----------------------------------------------------------------------------------------------------

run: $(VENV)/.has-tour
ifdef URL
	@$(BIN)/python -m httpcore_lite --verbose "$(URL)"
else
	@$(BIN)/python docs/tour/tour.py
endif

test: $(VENV)/.has-test
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: lint types contracts coverage

lint: $(VENV)/.has-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.has-lint
	$(BIN)/mypy
	$(BIN)/python -m pyright --pythonpath $(BIN)/python
	$(BIN)/python tests/types/check.py

contracts: $(VENV)/.has-lint
	$(BIN)/lint-imports --no-cache

coverage: $(VENV)/.has-test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q --cov --cov-report=term $(ARGS)

compat: $(VENV)/.made
	@$(BIN)/python tests/compat/packages/run.py
	@$(BIN)/python tests/compat/upstream/run.py $(ARGS)

# requests-kerberos depends on what has to be compiled for the system's Kerberos, which its example does without.
$(VENV)/others/.made: pyproject.toml
	@echo "making $(VENV)/others (once)"
	@test -x $(VENV)/others/$(notdir $(BIN))/python || $(PYTHON) -m venv $(VENV)/others
	@$(VENV)/others/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(VENV)/others/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check --group others --editable .
	@$(VENV)/others/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check --no-deps "requests-kerberos>=0.15"
	@touch $@

others: $(VENV)/others/.made
	@$(VENV)/others/$(notdir $(BIN))/python -m pytest -q -n $(JOBS) $(ARGS) tests/others

# How long, how many requests at most (0: as many as there is time for), and how many small ones after that.
MINUTES ?= 1
REQUESTS ?= 0
SMALL ?= 0

soak: $(VENV)/.has-test
	@$(BIN)/python tests/soak/soak.py --minutes $(MINUTES) --requests $(REQUESTS) --small $(SMALL)

soak-long: $(VENV)/.has-test
	@SOAK_LONG=1 $(BIN)/python -m pytest -q -n 0 $(ARGS) tests/integration/test_concurrency.py tests/integration/test_interrupts.py

# No source distribution: where there is no wheel, building one needs a compiler that nobody has.
$(VENV)/.has-fuzz: $(VENV)/.made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary atheris --group fuzz || \
		echo "atheris could not be installed; what is needed is said below"
	@$(BIN)/python -c "import atheris" 2>/dev/null && touch $@ || true

fuzz: $(VENV)/.has-fuzz
	@$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(ARGS)

torture: $(VENV)/.has-test
	@TORTURE=1 $(BIN)/python -m pytest -q -n 0 $(ARGS) tests/torture

# Rooms of sansio/ and transport/; all that have neighbours named, if none is said. ARGS="--sample 0" makes every change.
ROOM ?=

mutation: $(VENV)/.has-test
	@$(BIN)/python tests/mutation/mutate.py $(ROOM) $(ARGS)

# Proofs that take minutes and ask the package index: not a part of `make test`. Figures are kept if all is well.
embed: $(VENV)/.has-test
	@$(BIN)/python tests/compat/upstream/run.py requests --env vendored
	@mkdir -p build && rm -f build/embedding.json
	@EMBED=1 EMBED_FIGURES=build/embedding.json $(BIN)/python -m pytest -q -n 0 $(ARGS) tests/embed
	@cp build/embedding.json docs/benchmarks/embedding.json
	@$(BIN)/python tests/embed/page.py docs/benchmarks/embedding.json docs/benchmarks/embedding.inc

dist: $(VENV)/.has-dist
	@$(BIN)/python tests/dist/check.py $(ARGS)

format: $(VENV)/.has-lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.has-docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.has-bench $(VENV)/.niquests
	$(BIN)/python -m benchmarks.run --out docs/benchmarks/results.json
	$(BIN)/python -m benchmarks.plots docs/benchmarks/results.json

bench-quick: $(VENV)/.has-bench
	$(BIN)/python -m benchmarks.run --quick --out build/bench/quick.json $(ARGS)

# What real programs do, and the other workloads where what the client does counts, on other Pythons; each has an
# environment of its own.
PYTHONS ?= 3.10 3.13
BY_PYTHON := real,small_get,headers60,json_post,tls_get,copy_raw_256m,chunks,lines,once
bench-pythons: $(PYTHONS:%=$(VENV)/.python-%)
	@for one in $(PYTHONS); do $(VENV)/python-$$one/$(notdir $(BIN))/python -m benchmarks.run --clients requests,ours,urllib3 \
	    --only $(BY_PYTHON) --out docs/benchmarks/python-$$one.json || exit 1; done

$(VENV)/.python-%: $(VENV)/.made
	@for one in python$* "$$(pyenv root 2>/dev/null)/versions/$*".*/bin/python; do \
	    "$$one" -m venv $(VENV)/python-$* 2>/dev/null && exit; done; echo "there is no Python $* here"; exit 1
	@$(VENV)/python-$*/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check requests urllib3 trustme \
	    packaging --editable .
	@touch $@

bench-check: $(VENV)/.has-bench
	$(BIN)/python -m benchmarks.check docs/benchmarks/results.json $(ARGS)

bench-plots: $(VENV)/.has-bench
	$(BIN)/python -m benchmarks.plots docs/benchmarks/results.json

# niquests overwrites urllib3, which is measured too: an environment of its own.
$(VENV)/.niquests: $(VENV)/.made
	@$(PYTHON) -m venv $(VENV)/niquests
	@$(VENV)/niquests/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check niquests packaging
	@touch $@

clean:
	rm -rf $(VENV) .ci/venv-* build dist docs/_build .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
