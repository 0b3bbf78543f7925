# The verbs of this repository. `make` alone lists them; each does by itself what it needs first.

BIN := .venv/bin
# More options for a verb: make test ARGS="-k refund", make run ARGS="--port 9000".
ARGS ?=
# Processes that the tests are spread over.
WORKERS ?= 2
# How long `make soak` watches the memory, and how many transfers its crowd makes on the local chain.
MINUTES ?= 30
TRANSFERS ?= 10000
NODE_SDK := tests/sdk/node
CONTRACTS := contracts

.DEFAULT_GOAL := help
.PHONY: help run run-devnet setup test check format bench soak pictures contracts dist lock clean runtime node-there node-sdk node-contracts

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: runtime ## serve on this machine, with the books in ./data
	@exec $(BIN)/stacktill serve $(ARGS)

run-devnet: node-there runtime node-contracts ## serve in live mode on a local chain of real Clarity, with play money
	@exec $(BIN)/stacktill --config contracts/devnet/till.toml devnet till $(ARGS)

setup: ## make .venv with everything that work on stacktill needs
	@$(call python) requirements/install.py dev

test: setup node-sdk node-contracts ## run every test
	@$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadgroup $(ARGS)

pictures: setup ## take the README's pictures anew, with Chromium
	@PICTURES=new $(BIN)/python -m pytest --quiet tests/browser/test_browser_pictures.py

check: setup ## lint, formatting, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup ## measure the promises about speed and size
	@$(BIN)/python -m bench.run $(ARGS)

soak: setup node-contracts ## watch the memory under load, let a crowd pay, then simulate for hours, with new seeds
	@$(BIN)/python -m bench.run soak --minutes $(MINUTES)
	@STACKTILL_TEST_TRANSFERS=$(TRANSFERS) $(BIN)/python -m pytest --numprocesses=0 -k crowd \
		tests/journeys/test_journey_stacks.py
	@$(BIN)/python tests/simulation/soak.py $(ARGS)

contracts: node-contracts ## test the Clarity contracts and the local chain that runs them
	@cd $(CONTRACTS) && node --test tests/*.test.mjs devnet/tests/*.test.mjs

dist: runtime ## build the wheels of all packages into dist/
	@rm -rf dist
	@for folder in . core plugins/*/; do \
		(cd $$folder && $(CURDIR)/$(BIN)/hatchling build --target wheel --directory $(CURDIR)/dist) || exit 1; \
	done

lock: setup ## pin the versions in requirements/ again (ARGS=--upgrade takes newer ones)
	@sh requirements/lock.sh $(ARGS)

clean: ## remove what the verbs have made; .venv and the books in data/ and data-devnet/ stay
	rm -rf dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf $(NODE_SDK)/node_modules $(CONTRACTS)/node_modules
	find . -path ./.venv -prune -o -path './data*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# What `run` and `dist` need: the smaller environment, unless the one of `setup` is there.
runtime:
	@$(call python) requirements/install.py $(if $(wildcard .venv/stacktill-dev.stamp),dev,runtime)

# Said before anything is installed: without Node there is no local chain.
node-there:
	@command -v node > /dev/null && command -v npm > /dev/null || { \
		echo "The local chain needs Node 20 or newer with npm: install them first. 'make run' does without." >&2; \
		exit 1; \
	}

# The tests that drive the served appliance with the official Node SDK.
node-sdk: $(if $(wildcard $(NODE_SDK)/package-lock.json),$(NODE_SDK)/node_modules/.stamp)

$(NODE_SDK)/node_modules/.stamp: $(NODE_SDK)/package-lock.json
	@if command -v npm > /dev/null; then \
		echo "installing the Node SDK for its tests"; \
		npm ci --prefix $(NODE_SDK) --no-audit --no-fund --loglevel=error && touch $@; \
	else \
		echo "npm is not installed, so the tests with the Node SDK cannot run"; \
	fi

# The simulated network that runs the contracts.
node-contracts: $(CONTRACTS)/node_modules/.stamp

$(CONTRACTS)/node_modules/.stamp: $(CONTRACTS)/package-lock.json
	@if command -v npm > /dev/null; then \
		echo "installing the simulated network for the contracts"; \
		npm ci --prefix $(CONTRACTS) --no-audit --no-fund --loglevel=error && touch $@; \
	else \
		echo "npm is not installed, so neither the contracts nor the local chain can run"; \
	fi

# The first Python on this machine that is new enough; if none is, install.py says so.
python = $(or $(PYTHON),$(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		&& echo $$name && exit; done; echo python3))
