# kongops.fallback: `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COLLECTIONS := $(VENV)/collections
READY := $(VENV)/.ready
CARRIED := $(COLLECTIONS)/.carried
SELF := $(COLLECTIONS)/ansible_collections/kongops/fallback

# You may have settings for other Ansible, AWS, Python and Kong work. None of them reaches this project, and this
# project leaves nothing in your home.
unexport $(filter ANSIBLE_% AWS_% KONG_% MOLECULE_% PYTHONHOME PYTHONPATH,$(.VARIABLES))
# Without bytecode, each of thousands of short processes compiles all that it imports: half of the time of the tests.
unexport PYTHONDONTWRITEBYTECODE
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(COLLECTIONS)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0
export UV_SYSTEM_CERTS := 1

# Each file of tests on one core, so that its world is built once.
IN_PARALLEL := --numprocesses auto --maxprocesses 5 --dist loadfile --no-loadscope-reorder

# The tests in whose process our code runs, where coverage sees it. Without those that need hosts, and without the one
# that kills hundreds of forks: they cost much and show no more. All in one process, which forks enough as it is.
IN_PROCESS = tests/unit/plugins --ignore=tests/unit/plugins/modules/test_killed_write.py \
  $$(grep -rlE --include='*.py' 'run_module|run_in_process|from ansible_collections' tests/integration | xargs grep -L 'Cluster\|Fleet')

.DEFAULT_GOAL := help
.PHONY: help env demo quick test coverage lint sanity molecule systemd compose matrix docs fuzz reliability bench artifact sbom ee fleet release ci lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

env: $(READY) $(CARRIED) $(SELF) ## create .venv: the tools of requirements.lock, the collections we need, this collection

demo: env ## run the demo: an outage, and a new data plane that serves (KEEP=1 leaves it running)
	@$(BIN)/python -m demo $(if $(KEEP),--keep) $(if $(TRY),--try)

quick: env ## in a minute: read what changed, and run the unit tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@files=$$({ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } | grep '[.]ya\?ml$$'); \
	  [ -z "$$files" ] || $(BIN)/yamllint --strict $$files
	@$(BIN)/python -m pytest --quiet --numprocesses auto --maxprocesses 4 --dist worksteal $(or $(ARGS),tests/unit)

test: env ## unit and integration tests (ARGS="-k name" chooses)
	@$(BIN)/python -m pytest $(or $(ARGS),$(IN_PARALLEL))

coverage: env ## the branches of plugins/ that its tests in one process take; fails below 95 % (ARGS as for test)
	@mkdir -p .cache/coverage
	@$(BIN)/python -m pytest --quiet --cov --cov-report=term $(or $(ARGS),$(IN_PROCESS))

lint: env ## all static checks: ruff, mypy, yamllint, ansible-lint, documentation, changelog
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/shellcheck .ci/run
	@$(BIN)/yamllint --strict .
	@$(BIN)/antsibull-changelog lint
	@$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .
	@$(BIN)/ansible-lint -q --nocolor

sanity: env ## ansible-test sanity, for every installed Python from 3.9 on (ARGS="--test import" chooses)
	@$(BIN)/python -m tools.sanity $(ARGS)

molecule: env ## the Molecule scenarios under extensions/molecule
	@cd $(SELF) && molecule test --all

systemd: env ## the roles on booted hosts, over SSH: the scenario under extensions/systemd, then failures (as root)
	@trap 'cd "$(CURDIR)" && $(BIN)/python -m tests.booted.world stop .cache/booted/world' EXIT INT TERM; \
	  (cd extensions/systemd && molecule test) && $(BIN)/python -m pytest $(ARGS) tests/booted

compose: env ## the example for Docker Compose, with a real Docker (as root)
	@$(BIN)/python -m tests.compose $(ARGS)

matrix: env ## test with each supported ansible-core, in an environment of its own (ARGS="--short" or "2.18")
	@$(BIN)/python -m tools.matrix $(ARGS)

docs: env ## build the documentation site in .cache/docs/html; a warning fails it
	@$(BIN)/python -m tools.docs

fuzz: env ## 200 times the examples of the property tests: kong.conf against Penlight, snapshots against the stand-in
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest --numprocesses 2 --dist load --timeout 0 $(or $(ARGS),$$(grep -rl '^from tests.examples' tests/unit))

artifact: env ## build the artifact for Galaxy, install it elsewhere, check it as Galaxy's importer does
	@$(BIN)/python -m tools.artifact

sbom: env ## write a bill of materials (CycloneDX) and the licences of all packages into .cache/sbom, and look for known vulnerabilities
	@$(BIN)/python -m tools.sbom

ee: env ## create the build context of the AWX image in .cache/ee; docs/awx.md continues from there
	@$(BIN)/ansible-builder create --verbosity 1 --output-filename Containerfile --context .cache/ee

fleet: env ## the long form of the tests on many hosts
	@$(BIN)/python -m pytest -m fleet $(ARGS)

reliability: env ## servers that lie, hostile inputs, kills, races and planted secrets; writes docs/reliability.md (ARGS="lies/moto" for a part)
	@PYTHONPATH=$(COLLECTIONS) $(BIN)/python -m tests.reliability $(ARGS)

bench: env ## measure against what people do by hand, and write docs/benchmarks.md (ARGS="verification" or "converge/60")
	@$(BIN)/python -m benchmarks $(ARGS)

release: env ## make a release: changelog, version, checked artifact, commit and tag (VERSION=1.0.0, and KEY=… to sign it)
	@$(BIN)/python -m tools.release $(VERSION) $(KEY)

ci: ## all that a newcomer would run, as on the build server
	@bash .ci/run

lock: env ## renew requirements.lock from requirements.in, and the locks of environments of their own
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --upgrade \
	  --custom-compile-command 'make lock' requirements.in --output-file requirements.lock
	@for name in sbom eda; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --upgrade \
	    --custom-compile-command 'make lock' tools/$$name.in --output-file tools/$$name.lock; \
	done

clean: ## remove everything that the other targets created
	rm -rf $(VENV) .cache tests/output

# uv installs in seconds what takes pip minutes. Without uv, or if only pip can reach a registry, pip does it.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is Python %d.%d; 3.11 or newer is needed: make PYTHON=python3.12, for example" % sys.version_info[:2])'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@{ sed -n '/^uv==/,/# via/p' requirements.lock \
	    | $(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement /dev/stdin \
	  && $(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock; } \
	  || $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@touch $@

$(CARRIED): collections.lock | $(READY)
	@$(BIN)/python -m tools.collections collections.lock $(COLLECTIONS)
	@touch $@

$(SELF): | $(READY)
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@
