# Two commands matter: `make demo` and `make test`. Everything they make stays inside this folder.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
FRONT := webui/static/vendor/built
export KB_MODELS ?= $(CURDIR)/.kb/models
export TOKENIZERS_PARALLELISM := false

# What the pages are drawn with comes from npm; it is built into webui/static/vendor, which no repository holds.
SOURCES := package.json package-lock.json front/italia.scss front/dark.mjs front/build.mjs \
  $(shell find webui -name '*.html' -o -name '*.js' -not -path '*/vendor/*')

.PHONY: front demo test check lint audit bench load campaign fuzz guides docs lock clean

# Install, load the sample collection and serve it on 127.0.0.1:8021.
demo: export KB_DATA ?= $(CURDIR)/.kb/demo
demo: $(READY) $(FRONT)
	$(BIN)/kb demo

# The whole test suite.
test: $(READY) $(FRONT)
	$(BIN)/pytest -n 2 --dist loadgroup

# The whole gate: style, types, layers, dependencies, tests.
check: lint audit test

# Whether a pinned dependency has a known vulnerability; it says so when nobody could be asked.
audit: $(READY)
	$(BIN)/python -m tests.support.audit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Speed of the encoder beside plain sentence-transformers, of a search among 100,000 passages beside the plain way, and of
# ingest beside embedding alone, with the memory it takes; and of each page with ten thousand records.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks.bench_encoder
	$(BIN)/python -m tests.benchmarks.bench_search
	$(BIN)/python -m tests.benchmarks.bench_ingest
	$(BIN)/python -m tests.benchmarks.bench_pages

# Fifty people read while five upload, for ten minutes, on a server of its own.
load: $(READY) $(FRONT)
	$(BIN)/python -m tests.benchmarks.bench_load

# Two thousand kills at random moments; `make test` has two hundred.
campaign: $(READY)
	$(BIN)/python -m tests.crash.campaign --kills $(or $(KILLS),2000) --seed $(or $(SEED),$(shell date +%s))

# Damaged files without end, other ones each time; `make test` has forty of each type.
fuzz: $(READY)
	FUZZ_EXAMPLES=$(or $(EXAMPLES),3000) $(BIN)/pytest tests/fuzz -s

# The pictures of the guides, taken again from the pages as they are.
guides: $(READY) $(FRONT)
	rm -f webui/static/guides/*.webp tests/browser/guides.json
	GUIDES=take $(BIN)/pytest -q tests/browser/test_guides.py

# The reference, written from the code.
docs: $(READY)
	$(BIN)/python -m tests.support.reference

# Pin what pyproject.toml asks for; torch is pinned without its build, see the README.
lock: $(READY)
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --extra dev --strip-extras --allow-unsafe --quiet --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --output-file requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock

front: $(FRONT)

$(FRONT): $(SOURCES) node_modules/.package-lock.json
	node front/build.mjs

node_modules/.package-lock.json: package.json package-lock.json
	@command -v node npm >/dev/null || { echo "Node.js 20 or newer with npm is needed to build the pages' design; install both and run make again."; exit 1; }
	npm ci --no-audit --no-fund --ignore-scripts --silent
	touch $@

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one with: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

clean:
	rm -rf .venv .kb node_modules webui/static/vendor data/fonts
