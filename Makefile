# Every target does the set-up it needs; a fresh machine needs Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# uv does a tenth of pip's work, from the index that pip is told to use; where it cannot, pip does it all.
UV := UV_HTTP_RETRIES=1 UV_DEFAULT_INDEX="$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}" \
	$(BIN)/uv pip install --quiet --python $(BIN)/python
PROTO := apex_mock/proto/apex/v1/apex.proto
GEN := apex_mock/wire/gen
# Hundreds of processes start in a run of the tests: each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve test unit contract mutants attacks contract-page check format lint types layers generate generated bench failures samples requirements audit wheel clean help

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "apex-mock needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	$(PIP) --require-hashes -r $(VENV)/uv.txt
	$(UV) --require-hashes -r requirements.txt || $(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

serve: $(READY) ## start the fake on 127.0.0.1:8080 (flags: make serve ARGS="--port 9000")
	@$(BIN)/apex-mock serve $(ARGS)

test: $(READY) ## every test, the real clients included
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

unit: $(READY) ## the tests that run no other client or runner, kill nothing, and send nothing generated
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not clients and not inner and not failures and not attacks" $(ARGS)

contract: $(READY) ## the contract suite against the fake (or ARGS="--apex-target=URL")
	$(BIN)/python -m pytest contract_tests/test_contract.py -q --apex-contract $(ARGS)

mutants: $(READY) ## break the fake in every way we know: the kill table (or ARGS="--named CHATS-025")
	$(BIN)/python -m contract_tests.mutants $(ARGS)

attacks: $(READY) ## generated requests and bytes against the fake, for APEX_ATTACK_SECONDS=300 (or as told)
	APEX_ATTACK_SECONDS=$${APEX_ATTACK_SECONDS:-300} $(BIN)/python -m pytest contract_tests/attacks $(ARGS)

contract-page: $(READY) ## write contract_tests/CONTRACT.md anew, from the clauses
	$(BIN)/python -m contract_tests.document

check: lint types layers generated test ## the gate

format: $(READY) ## rewrite the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

generate: $(READY) ## the protobuf code, from the .proto
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -I apex_mock/proto --py_out=$(GEN) $(PROTO)

generated: $(READY) ## fails when the generated code is not what the .proto gives
	@rm -rf .cache/gen && mkdir -p .cache/gen
	@PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -I apex_mock/proto --py_out=.cache/gen $(PROTO)
	@diff -r -x __pycache__ .cache/gen $(GEN) && echo "generated code: up to date"

bench: $(READY) ## speed, as ratios within one run
	$(BIN)/python -m bench $(ARGS)

failures: $(READY) ## kill servers FAILURES times (default 100) under load, fill disks...; writes docs/reliability.md
	FAILURES=$${FAILURES:-100} $(BIN)/python -m pytest -q tests/failures $(ARGS)
	$(BIN)/python scripts/reliability.py

samples: $(READY) ## write fixtures/samples anew; read them before you commit them
	$(BIN)/python scripts/samples.py

requirements: $(READY) ## compile requirements.txt anew
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml requirements.in -o requirements.txt

audit: $(READY) ## known weaknesses of the pinned dependencies, where their list can be had
	$(BIN)/uvx pip-audit --disable-pip --require-hashes -r requirements.txt

wheel: $(READY)
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation -w dist .

clean:
	rm -rf $(VENV) .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
