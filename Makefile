# Two commands do everything on a fresh machine: make demo, make test.
# Each brings what it needs (see .ci/provision); nothing is skipped in silence.
SHELL := /bin/bash
PYTHON := .venv/bin/python

.PHONY: help setup check test demo bench lock clean

help:
	@echo "make demo    play the whole exchange: order, request, review, sign, import, verify"
	@echo "make test    run all tests (brings Debian packages when root)"
	@echo "make check   ruff, mypy --strict, import-linter"
	@echo "make bench   measure and rewrite docs/performance.md"
	@echo "make setup   build .venv only"
	@echo "make lock    resolve the dependencies anew into requirements.lock"

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml .ci/provision
	@.ci/provision environment

check: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

test: setup
	@.ci/provision tests
	$(PYTHON) -m pytest -n 2 --dist worksteal

demo: setup
	@$(PYTHON) samples/demo.py

bench: setup
	$(PYTHON) -m tests.bench

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --group dev --extra vendor pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .oracles build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
