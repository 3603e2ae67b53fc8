#!/bin/sh
# Prints the path of uv, getting it into the cache first if this machine has none.
set -eu

version=0.13
cache="${XDG_CACHE_HOME:-$HOME/.cache}/modelpoc/uv"

works() { "$1" --version >/dev/null 2>&1; }
found() { echo "$1"; exit 0; }
tell() { echo "$*" >&2; }

with_venv() {
    if ! python3 -m venv "$cache/venv" >/dev/null 2>&1; then
        rm -rf "$cache/venv"
        return 1
    fi
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check "uv~=$version" >&2
}

# Debian's python3 comes without venv and pip; pip alone does too, and a folder of its own touches no system package.
with_pip() {
    python3 -m pip --version >/dev/null 2>&1 || return 1
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade --target "$cache/pip" "uv~=$version" >&2
}

# Debian keeps pip in a package of its own that needs no installing: a wheel runs where it lies. No root, nothing
# of the system touched: lists and package are fetched into the cache and go again.
with_debian_wheel() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    tell "fetching Debian's pip into the cache, as this Python has none …"
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
    fetched_wheel && installed=yes || installed=
    rm -rf "$cache/apt"
    [ "$installed" ]
}

fetched_wheel() (
    cd "$cache/apt" || exit 1
    { apt update && apt download python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb root; } >&2 || exit 1
    wheel="$(echo root/usr/share/python-wheels/pip-*.whl)"
    python3 "$wheel/pip" install --quiet --disable-pip-version-check \
        --root-user-action=ignore --target "$cache/pip" "uv~=$version" >&2
)

apt() {
    apt-get -qq -o "Dir::State::Lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt" -o Debug::NoLocking=1 \
        -o "APT::Sandbox::User=$(id -un)" "$@"
}

if works uv; then found "$(command -v uv)"; fi
for uv in "$cache/venv/bin/uv" "$cache/pip/bin/uv"; do
    if works "$uv"; then found "$uv"; fi
done

command -v python3 >/dev/null || { tell "error: no python3 on PATH: install Python 3.11 or newer."; exit 1; }
mkdir -p "$cache"
tell "getting uv (once) …"
for way in with_venv with_pip with_debian_wheel; do
    if "$way"; then
        for uv in "$cache/venv/bin/uv" "$cache/pip/bin/uv"; do
            if works "$uv"; then found "$uv"; fi
        done
    fi
done
tell "error: uv could not be installed. Install it (https://docs.astral.sh/uv/getting-started/installation)"
tell "so that it is on PATH, or give Python what it needs to install it: apt-get install python3-venv."
exit 1
