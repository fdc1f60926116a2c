#!/usr/bin/env bash
# Brings the two test oracles into .oracles/: a Python environment of its own with cwt (it needs cbor2 < 6, the project
# tests against cbor2 6) and a Node folder with a CBOR library. Quick when they are already there; offline afterwards.
#
# New versions: edit cwt.in or package.json, then in this folder
#   uv pip compile cwt.in --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o cwt.lock
#   npm install --package-lock-only --omit-lockfile-registry-resolved
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
target=$(cd ../.. && pwd)/.oracles
python=${PYTHON3:-python3}

if ! cmp -s cwt.lock "$target/cwt/ready.lock"; then
    rm -rf "$target/cwt"
    mkdir -p "$target"
    "$python" -m venv "$target/cwt"
    "$target/cwt/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r cwt.lock
    cp cwt.lock "$target/cwt/ready.lock"
fi

if ! cmp -s package-lock.json "$target/node/ready.lock"; then
    rm -rf "$target/node"
    mkdir -p "$target/node"
    cp package.json package-lock.json "$target/node/"
    (cd "$target/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
    cp "$here/package-lock.json" "$target/node/ready.lock"
fi
