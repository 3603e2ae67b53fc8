#!/bin/sh
# Prints the path of uv, getting it into the cache first if this machine has none.
set -eu

version=0.13
cache="${XDG_CACHE_HOME:-$HOME/.cache}/modelpoc/uv"

works() { "$1" --version >/dev/null 2>&1; }
found() { echo "$1"; exit 0; }
tell() { echo "$*" >&2; }

with_venv() {
    python3 -m venv "$cache/venv" >/dev/null 2>&1 || return 1
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check "uv~=$version" >&2
}

# Debian's python3 comes without venv and pip; pip alone does too, and a folder of its own touches no system package.
with_pip() {
    python3 -m pip --version >/dev/null 2>&1 || return 1
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade --target "$cache/pip" "uv~=$version" >&2
}

with_debian_package() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    tell "installing Debian's python3-venv, without which Python cannot install uv …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; } >&2 || return 1
    with_venv
}

if works uv; then found "$(command -v uv)"; fi
for uv in "$cache/venv/bin/uv" "$cache/pip/bin/uv"; do
    if works "$uv"; then found "$uv"; fi
done

command -v python3 >/dev/null || { tell "error: no python3 on PATH: install Python 3.11 or newer."; exit 1; }
mkdir -p "$cache"
tell "getting uv (once) …"
for way in with_venv with_pip with_debian_package; do
    if "$way"; then
        for uv in "$cache/venv/bin/uv" "$cache/pip/bin/uv"; do
            if works "$uv"; then found "$uv"; fi
        done
    fi
done
tell "error: uv could not be installed. Install it (https://docs.astral.sh/uv/getting-started/installation)"
tell "so that it is on PATH, or give Python what it needs to install it: apt-get install python3-venv."
exit 1
