#!/bin/sh
# Compiles every lock file anew; each names versions and hashes, and no index. Run it after a change of dependencies.
set -e
cd "$(dirname "$0")"
for input in *.in; do
  name="${input%.in}"
  case "$name" in together-*) project=../../../pyproject.toml ;; *) project= ;; esac
  # shellcheck disable=SC2086
  ../../../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header $project "$input" -o "$name.txt"
done
