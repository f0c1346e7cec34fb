#!/usr/bin/env bash
# Make .venv hold exactly what was tested: system libraries, torch, the locked packages, and this project.
# usage: packaging/environment.sh run|test
#   TORCH_INDEX  index to take torch from (for instance PyTorch's own CPU index); default: pip's own sources
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
torch=torch==2.13.0
lock=packaging/requirements.lock
python=${PYTHON:-python3}

libraries=(libegl1 libgl1 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0
    libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 fonts-noto-cjk)
if [ "$purpose" = test ]; then
    libraries+=(xvfb xdotool openbox imagemagick dcmtk dicom3tools poppler-utils qpdf)
fi

say() { printf '\033[1m%s\033[0m\n' "$*"; }

system_libraries() {
    command -v dpkg-query >/dev/null || {
        say "This is no Debian-like system: README.md says which libraries Qt needs."
        return 0
    }
    local missing=() name
    for name in "${libraries[@]}"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
            missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ]; then
        say "Installing system libraries: ${missing[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >/dev/null
    else
        say "These system packages are missing. Ask an administrator to run:"
        echo "  sudo apt-get install ${missing[*]}"
    fi
}

# Says how much pip would download for torch when that is over 1 GB (a CUDA build), before it does.
announce_torch() {
    .venv/bin/pip install --quiet --dry-run --report - "${index[@]}" "$torch" 2>/dev/null |
        .venv/bin/python packaging/download_size.py || true
}

[ -x .venv/bin/python ] || {
    say "Creating .venv"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed; $("$python" -V) was found. Set PYTHON=/path/to/python3.11." >&2
        exit 1
    }
    "$python" -m venv .venv || {
        echo "Python's venv module is missing: apt-get install python3-venv" >&2
        exit 1
    }
}

system_libraries

index=()
[ -z "${TORCH_INDEX:-}" ] || index=(--index-url "$TORCH_INDEX")
stamp=.venv/.installed
wanted=$(cat "$lock" pyproject.toml "$0" | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    if ! .venv/bin/python -c "import importlib.metadata as m; raise SystemExit(m.version('torch').split('+')[0] != '${torch#*==}')" 2>/dev/null; then
        announce_torch
        say "Installing $torch"
        .venv/bin/pip install --quiet "${index[@]}" "$torch"
    fi
    say "Installing the tested packages"
    .venv/bin/pip install --quiet --no-deps --require-hashes -r "$lock"
    .venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
    echo "$wanted" >"$stamp"
fi
