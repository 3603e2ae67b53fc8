# Every habit of this project is one command; continuous integration calls the same ones.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTEST := $(BIN)/pytest
# Bytecode goes to the caches too: the checkout holds nothing but what is checked out, and .venv.
export PYTHONPYCACHEPREFIX ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/modelpoc/bytecode
# Processes that run the slower tests side by side.
WORKERS ?= 2
# Which cloud `demo` and `down` mean; several run side by side.
NAME ?= default
# Models have environments of their own; those with tests are tested in them.
TESTED_MODELS := $(patsubst models/%/tests,%,$(wildcard models/*/tests))

.PHONY: help
help: ## Show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(BIN)/.synced ## Get everything the others need: uv, the environment, etcd, kube-apiserver, kubectl, helm
	@$(BIN)/python -m localcloud.controlplane > /dev/null
	@$(BIN)/python -m localcloud.tools > /dev/null

.PHONY: demo
demo: setup ## Bring up a whole cloud on this machine with two real models in it, and leave it running
	@$(BIN)/python -m localcloud.demo --name $(NAME)

.PHONY: down
down: ## Take down what `make demo` left running
	@if [ -x $(BIN)/modelpoc ]; then $(BIN)/modelpoc local down --name $(NAME); else echo "nothing runs: there is no $(BIN) yet"; fi

.PHONY: cluster
cluster: setup ## Bring up a real cluster with the operator in it from its chart (root on Debian, or kind)
	@$(BIN)/python -m localcloud.cluster up --name $(if $(filter default,$(NAME)),cluster,$(NAME))

.PHONY: cluster-down
cluster-down: ## Take down what `make cluster` left running
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m localcloud.cluster down --name $(if $(filter default,$(NAME)),cluster,$(NAME)); else echo "nothing runs: there is no $(BIN) yet"; fi

.PHONY: test
test: setup ## Run all tests: the quick ones, the models', then those with a cloud and a control plane
	@kind-cluster/setup/debian.sh
	$(PYTEST) -m unit -q -n $(WORKERS) --dist loadfile
	@for model in $(TESTED_MODELS); do $(MAKE) --no-print-directory test-model MODEL=$$model; done
	@if [ -f tests/kstatus/go.mod ]; then cd tests/kstatus && go test -mod=readonly ./...; fi
	@# Clouds that run side by side slow each other down: what fails then is tried once more alone, and both are shown.
	@# All of them write down what the operator used; what it is granted must be that, no more and no less.
	@observed=$$(mktemp -d); trap 'rm -rf "$$observed"' EXIT; export MODELPOC_OBSERVED=$$observed; set -x; \
	$(PYTEST) -m "not unit and not cluster" -n $(WORKERS) --dist loadfile --no-loadscope-reorder || { \
	  echo "once more, one at a time, what failed side by side:" >&2; \
	  $(PYTEST) -m "not unit and not cluster" --last-failed --last-failed-no-failures none; }; \
	PYTHONPATH=. $(BIN)/python -m tests.granted $$observed

# Not side by side: one node takes what a machine with two cores has.
.PHONY: test-cluster
test-cluster: setup ## Try images, chart and operator on a real node (root on Debian, or Docker)
	$(PYTEST) -m cluster

.PHONY: test-model
test-model:
	cd models/$(MODEL) && "$$($(CURDIR)/kind-cluster/setup/uv.sh)" run --frozen --quiet pytest -q

.PHONY: bench
bench: setup ## Measure what one POC and a fleet of fifty cost: calls, seconds, CPU, memory
	@PYTHONPATH=. $(BIN)/python -m tests.bench

.PHONY: docs
docs: $(BIN)/.synced ## Build the site of docs/ with its search; any warning fails it
	@PYTHONPATH=. $(BIN)/python -m docs.site build

.PHONY: docs-serve
docs-serve: $(BIN)/.synced ## Build the site and serve it on this machine
	@PYTHONPATH=. $(BIN)/python -m docs.site serve

.PHONY: lint
lint: $(BIN)/.synced ## Check format, lint, types, import contracts, and that the CRDs are current
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/modelpoc crds --check

.PHONY: format
format: $(BIN)/.synced ## Format the code and repair what lint can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(BIN)/.synced: uv.lock pyproject.toml kind-cluster/pyproject.toml .python-version
	@echo "making the environment in .venv as uv.lock has it …" >&2
	@"$$(kind-cluster/setup/uv.sh)" sync --frozen $$([ -t 2 ] || echo --quiet)
	@touch $@
