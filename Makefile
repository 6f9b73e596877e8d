# kongops.fallback: `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COLLECTIONS := $(VENV)/collections/ansible_collections
SELF := $(COLLECTIONS)/kongops/fallback
AMAZON_AWS := $(COLLECTIONS)/amazon/aws/MANIFEST.json
READY := $(VENV)/.ready

export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(VENV)/collections

.DEFAULT_GOAL := help
.PHONY: help env demo test lint clean lock

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(READY) $(AMAZON_AWS) $(SELF) ## make the virtual environment and the collections folder

test: env ## unit and integration tests
	$(BIN)/python -m pytest tests

lock: env ## write requirements.lock anew from requirements.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --quiet --upgrade --custom-compile-command 'make lock' requirements.in --output-file requirements.lock

clean: ## remove everything that was made
	rm -rf $(VENV) .cache tests/output

$(READY): requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	touch $@

$(AMAZON_AWS): collections.lock | $(READY)
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --python-version 3.12 \
	  --only-binary=:all: --dest $(VENV)/wheels --requirement collections.lock
	$(BIN)/python -m zipfile --extract $(VENV)/wheels/ansible-*.whl $(VENV)/wheels/unpacked
	mkdir -p $(COLLECTIONS)/amazon
	rm -rf $(COLLECTIONS)/amazon/aws
	mv $(VENV)/wheels/unpacked/ansible_collections/amazon/aws $(COLLECTIONS)/amazon/aws
	rm -rf $(VENV)/wheels
	touch $@

$(SELF): | $(READY)
	mkdir -p $(COLLECTIONS)/kongops
	ln -sfn $(CURDIR) $@
