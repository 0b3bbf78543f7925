#!/bin/sh
# Compile the locks from the pyprojects: every version with its hashes, no addresses.
# Known pins are kept; `make lock ARGS=--upgrade` takes the newest that fit.
set -eu
cd "$(dirname "$0")/.."

compile() {
    target=$1
    shift
    echo "locking requirements/$target"
    .venv/bin/uv pip compile \
        --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
        --custom-compile-command "make lock" \
        --no-emit-package stacktill \
        --no-emit-package stacktill-core \
        --no-emit-package stacktill-chain-sandbox \
        --no-emit-package stacktill-chain-stacks \
        --no-emit-package stacktill-notify-email \
        --no-emit-package stacktill-notify-webhook \
        --no-emit-package stacktill-storage-sqlite \
        --output-file "requirements/$target" "$@" > /dev/null
}

# The smaller locks follow the largest, so that all of them name the same versions.
compile dev.txt "$@" --group dev --extra email pyproject.toml
compile runtime.txt --constraints requirements/dev.txt --upgrade --extra email pyproject.toml
compile build.txt --constraints requirements/dev.txt --upgrade --group pyproject.toml:build
