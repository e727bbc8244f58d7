# `make help` lists what there is. Everything runs in a virtual environment of its own, with the exact versions of
# constraints.txt; a second run installs nothing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help serve test test-learn test-browser test-all check format install install-dev install-learn \
        bench soak servers compare rivals results notebook clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: install ## serve the web page and API on port 8000 (PORT=...)
	@$(BIN)/inkling serve --port $(PORT)

test: install-dev ## run the tests that need neither TensorFlow nor a browser (under a minute)
	$(BIN)/python -m pytest -n auto

test-learn: install-dev install-learn ## run the tests that train, with TensorFlow
	$(BIN)/python -m pytest -m learn

test-browser: install-dev ## run the tests that drive Chromium
	$(BIN)/python -m pytest -m browser

test-all: test test-learn test-browser ## run every test

check: install-dev install-learn ## format, lint, types, import contract, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: install-dev ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-learn servers ## time a reading, the start, and servers side by side under load (10 minutes; needs wrk)
	@command -v wrk >/dev/null || { echo "wrk is not there: on Debian and Ubuntu, apt install wrk"; exit 1; }
	$(BIN)/python benchmarks/read.py
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/servers.py
	$(BIN)/python benchmarks/utilisation.py
	$(BIN)/python benchmarks/serving.py
	$(BIN)/python benchmarks/capacity.py

soak: install-dev ## overload the server, kill it, stop it, spoil its pictures (35 minutes; SOAK=--quick: 3)
	cd benchmarks && ../$(BIN)/python -m soak $(SOAK)

servers: $(addprefix .venv-servers/,$(addsuffix /.installed,inkling flask fastapi litserve bentoml gradio tutorial)) ## the servers that bench compares, each in an environment of its own (4 GB)

.venv-servers/inkling/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable .
	@touch $@

.venv-servers/%/.installed: benchmarks/servers/requirements/%.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --requirement $<
	@touch $@

compare: install-learn ## compare with other readers, measure refusing, calibration, memory (REAL=folder of folders)
	$(BIN)/python benchmarks/strangers.py $(if $(REAL),--real $(REAL))
	$(BIN)/python benchmarks/others.py $(if $(REAL),--real $(REAL))
	$(BIN)/python benchmarks/calibration.py $(if $(REAL),--real $(REAL))
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/figures.py
	$(BIN)/python scripts/make_measured.py

rivals: ## RapidOCR, which compare asks, in a virtual environment of its own (.venv-rivals)
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check rapidocr==3.10.0 \
	  rapidocr-onnxruntime==1.4.4 onnxruntime==1.32.0

results: install-learn ## evaluate every packaged model, also on REAL=folder of folders; write it into the README
	$(BIN)/python scripts/results.py $(if $(REAL),--real $(REAL))
	$(BIN)/python scripts/make_measured.py

notebook: install-learn ## run the notebook and keep its outputs (needs MNIST: inkling data fetch)
	$(BIN)/python scripts/notebook.py

install: $(VENV)/.base ## the base: reading, command line and web
install-dev: $(VENV)/.dev ## what tests and checks need
install-learn: $(VENV)/.learn ## TensorFlow and friends, to train networks and run the notebook

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "no virtual environment: on Debian, apt install python3-venv"; exit 1; }

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing inkling into $(VENV) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) --editable ".[dev]"
	@touch $@

$(VENV)/.learn: $(VENV)/.base
	$(PIP) --editable ".[learn,notebook]"
	@touch $@

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-servers build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
