#!/usr/bin/env bash
# Pin every package but torch with its hashes; torch comes from TORCH_INDEX or pip's own sources.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --extra test --python-version 3.11 --generate-hashes --no-header \
    --no-annotate --no-emit-package torch --no-emit-find-links --no-emit-index-url \
    --constraint <(echo 'torch==2.13.0'; echo 'PySide6-Essentials==6.9.3'; echo 'torchvision==0.28.0') "$@" |
    awk '/^[a-z]/ { keep = $0 !~ /^(nvidia-|cuda-|triton)/ } keep' >packaging/requirements.lock
