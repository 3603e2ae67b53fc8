#!/bin/sh
# Sees to programs that some tests use and Debian has: a browser, shellcheck. Without one of them its tests are
# skipped, so this never fails.
set -eu

missing=""
command -v shellcheck >/dev/null || missing="shellcheck"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    missing="$missing chromium"
if [ -z "$missing" ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null; then
    echo "installing for tests, from Debian (once): $missing …" >&2
    apt="apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3"
    # shellcheck disable=SC2086 # several words
    if $apt update >&2 &&
        DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
fi
echo "not here, so tests that need it will be skipped: $missing. To run them: sudo apt-get install $missing" >&2
