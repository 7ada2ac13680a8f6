#!/usr/bin/env bash
# Makes .venv with every pinned package and the project itself, and sees to the libraries of Qt.
# Does nothing that is done already. Works from any folder.

set -euo pipefail

readonly USAGE="usage: setup.sh [--check] [--dev]
  --check  change nothing; say what is missing, and exit 1 if anything is
  --dev    also what \`make test\` needs"

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly ROOT
readonly VENV=$ROOT/.venv
readonly STAMP=$VENV/installed  # one line a lock: its name and what it was installed from

# What PySide6 6.11 links or opens, and its package: Debian 12, then Debian 13 and Ubuntu 24.04
# where the name differs.
readonly QT_LIBRARIES="
libglib-2.0.so.0 libglib2.0-0 libglib2.0-0t64
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11.so.6 libx11-6
libdbus-1.so.3 libdbus-1-3
libgssapi_krb5.so.2 libgssapi-krb5-2
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libxkbcommon.so.0 libxkbcommon0
libX11-xcb.so.1 libx11-xcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
"

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# --- Python -----------------------------------------------------------------------------------

# Print the first Python that the pinned packages have wheels for.
find_python() {
    local name found
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
        then
            command -v "$name"
            return
        fi
    done
    if found=$(python3 --version 2>/dev/null); then
        say "Python 3.11 to 3.14 is needed, but python3 is $found."
    else
        say "Python 3.11 to 3.14 is needed, but there is no python3; on Debian 12 or Ubuntu 24.04: apt install python3 python3-venv"
    fi
    return 1
}

require_venv_module() { # PYTHON
    "$1" -c 'import ensurepip, venv' 2>/dev/null ||
        { say "The Python module venv is missing; on Debian or Ubuntu: apt install python3-venv"; return 1; }
}

# --- .venv ------------------------------------------------------------------------------------

# Print what .venv would be installed from: the files named, this script, and the checkout's path,
# which .venv holds in every script of its bin.
fingerprint() { # FILE...
    { printf '%s\n' "$ROOT"; cat -- "${BASH_SOURCE[0]}" "$@"; } | sha256sum | cut -d' ' -f1
}

# Whether the lock was installed, to the end, from the files of today.
is_installed() { # LOCK
    [[ -x $VENV/bin/python && -f $STAMP ]] &&
        grep -qxF -- "$1 $(fingerprint "$ROOT/$1" "$ROOT/pyproject.toml")" "$STAMP"
}

pip_install() {
    local -a quiet=()
    [[ -t 2 ]] || quiet=(--quiet) # at a terminal a person sees the downloads progress
    "$VENV/bin/python" -m pip --disable-pip-version-check --no-input install "${quiet[@]}" "$@" >&2
}

# Install what is missing. The stamp is away meanwhile: without one, .venv is half made, and the
# next call makes it anew.
install_packages() { # LOCK...
    local lock python
    if [[ ! -f $STAMP ]] || ! "$VENV/bin/python" -c 'import pip' 2>/dev/null ||
        [[ $(head -n 1 "$STAMP") != "root $ROOT" ]]; then
        python=$(find_python)
        require_venv_module "$python"
        say "Making .venv and installing the packages into it. This takes some minutes once."
        rm -rf -- "$VENV"
        "$python" -m venv -- "$VENV" || fail "No virtual environment could be made in $VENV."
    else
        say "Bringing the packages in .venv up to date."
    fi
    rm -f -- "$STAMP"
    for lock; do
        # Wheels only: no code of a package runs before it is imported.
        pip_install --only-binary :all: --requirement "$ROOT/$lock" ||
            fail "The packages of $lock could not be installed; the lines above say why."
    done
    pip_install --no-deps --no-build-isolation --editable "$ROOT" ||
        fail "The app could not be installed into .venv; the lines above say why."
    {
        printf 'root %s\n' "$ROOT"
        for lock; do
            printf '%s %s\n' "$lock" "$(fingerprint "$ROOT/$lock" "$ROOT/pyproject.toml")"
        done
    } >"$STAMP.new"
    mv -- "$STAMP.new" "$STAMP"
}

# --- libraries of Qt --------------------------------------------------------------------------

# Print the lines of QT_LIBRARIES that the dynamic linker does not find. Asking it, by way of
# Python, needs no package manager and no /sbin, and never takes a library of another architecture.
missing_libraries() { # PYTHON
    "$1" -c '
import ctypes, sys
for line in sys.argv[1].strip().splitlines():
    try:
        ctypes.CDLL(line.split()[0])
    except OSError:
        print(line)
' "$QT_LIBRARIES"
}

# Print, for lines of QT_LIBRARIES, the names of their packages on this system.
package_names() {
    local _ name alternative
    while read -r _ name alternative; do
        if [[ -n $alternative ]] && ! has_candidate "$name" && has_candidate "$alternative"; then
            name=$alternative
        fi
        printf '%s\n' "$name"
    done
}

has_candidate() { # PACKAGE
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q '^ *Candidate: [^(]'
}

# Say in one line what is missing and how it comes.
report_libraries() { # LINES
    if command -v apt-get >/dev/null; then
        say "The window needs system libraries that are missing; as root: apt-get install -y" \
            "$(package_names <<<"$1" | paste -sd ' ')"
    else
        say "The window needs system libraries that are missing; the package manager has them:" \
            "$(cut -d ' ' -f 1 <<<"$1" | paste -sd ' ')"
    fi
}

install_libraries() { # LINES
    local -a packages
    say "Installing the system libraries that Qt needs."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || true # an old list of packages may do
    mapfile -t packages < <(package_names <<<"$1")
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || true
}

# The terminal works without these libraries, so a missing one is told and is no failure.
provide_libraries() {
    local lines
    lines=$(missing_libraries "$VENV/bin/python")
    [[ -n $lines ]] || return 0
    if ((EUID == 0)) && command -v apt-get >/dev/null; then
        install_libraries "$lines"
        lines=$(missing_libraries "$VENV/bin/python")
        [[ -n $lines ]] || return 0
    fi
    report_libraries "$lines"
}

# --- the two ways to call it ------------------------------------------------------------------

check() { # LOCK...
    local lock python lines missing=0 call=installer/linux/setup.sh
    if python=$(find_python); then
        require_venv_module "$python" || missing=1
        lines=$(missing_libraries "$python")
        [[ -z $lines ]] || { report_libraries "$lines"; missing=1; }
    else
        missing=1
    fi
    # One call that installs every lock: a second one without --dev would take its packages away.
    (($# == 1)) || call+=" --dev"
    for lock; do
        is_installed "$lock" ||
            { say ".venv does not hold the packages of $lock; run $call"; missing=1; }
    done
    ((missing)) || say "Nothing is missing."
    return "$missing"
}

main() {
    local lock argument check_only=0
    local -a locks=(requirements.lock)
    for argument; do
        case $argument in
            --check) check_only=1 ;;
            --dev) locks+=(requirements-dev.lock) ;;
            -h | --help) printf '%s\n' "$USAGE"; return 0 ;;
            *) say "$USAGE"; return 2 ;;
        esac
    done
    if ((check_only)); then
        check "${locks[@]}"
        return
    fi
    for lock in "${locks[@]}"; do
        is_installed "$lock" || { install_packages "${locks[@]}"; break; }
    done
    provide_libraries
}

main "$@"
