#!/bin/sh
# Sets up driver-monitor in .venv: system libraries, Python packages by exact version and hash, and the models.
# Safe to repeat; with nothing to do it takes less than a second. TOOLS names further programs wanted (Debian packages of
# the same name), PYTHON the interpreter to use.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# shared library and the Debian package it comes in: MediaPipe and OpenCV, sound, lockdown
LIBRARIES="libEGL.so.1=libegl1 libGLESv2.so.2=libgles2 libGL.so.1=libgl1 libglib-2.0.so.0=libglib2.0-0 libxcb.so.1=libxcb1
libportaudio.so.2=libportaudio2 libseccomp.so.2=libseccomp2"

good_python() { # 3.11 or newer
    has "$1" && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() { # Debian's own first, then newer ones beside it
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if good_python "$python"; then echo "$python"; return; fi
    done
}

missing_packages() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
    for pair in $LIBRARIES; do
        case $known in *"${pair%%=*} "*) ;; *) echo "${pair#*=}" ;; esac
    done
    for tool in ${TOOLS:-}; do has "$tool" || echo "$tool"; done
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "python3 python3-venv"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian splits venv off: python3.12 wants python3.12-venv
        case $python in */*) echo "python3-venv" ;; *) echo "$python-venv" ;; esac
    fi
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then as_root=""
    elif has sudo && sudo -n true 2>/dev/null; then as_root="sudo -n"
    else fail "missing: $*. As root, run: apt-get install $*"
    fi
    has apt-get || fail "missing, under their Debian names: $*. Install them with this system's package manager."
    say "installing system packages: $*"
    log=$(mktemp)
    if ! { $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: $*. Mend that, or install them by hand."
    fi
    rm -f "$log"
}

if [ -n "${PYTHON:-}" ] && ! good_python "$PYTHON"; then
    fail "PYTHON=$PYTHON is no Python 3.11 or newer; name another, or leave it out"
fi
packages=$(missing_packages | tr '\n' ' ')
# shellcheck disable=SC2086  # one word a package
[ -z "${packages% }" ] || install_packages $packages

wanted=$({ pwd; cat constraints.txt pyproject.toml deploy/setup.sh; } | sha256sum)
if [ "$(cat .venv/.installed 2>/dev/null)" != "$wanted" ] || ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11 or newer is needed; install it, or name it: make install PYTHON=/path/to/python3"
    if ! good_python .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "making .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    rm -f .venv/.installed
    say "installing Python packages (about 1 GB on disk)"
    # wheels only: building from source would fetch tools that no hash pins
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r constraints.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    echo "$wanted" >.venv/.installed
fi

.venv/bin/driver-monitor models pull >/dev/null
.venv/bin/driver-monitor models pull virtual-driver >/dev/null || say "without the virtual driver there is no demo and no drawn bench"
