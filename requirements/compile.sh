#!/bin/sh
# Makes the hashed lock files anew from pyproject.toml. Needs uv; adds no registry address.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header "$@"; }
lock --all-extras --group dev pyproject.toml -o requirements/dev.txt
lock --all-extras --group bench pyproject.toml -o requirements/bench.txt
