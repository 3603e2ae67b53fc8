#!/bin/sh
# Sees to a browser for the test that opens /docs. Without one that test is skipped, so this never fails.
set -eu

for browser in chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null; then
    echo "installing Debian's chromium for the browser test (once) …" >&2
    if apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
fi
echo "no Chromium here: the browser test will be skipped. To run it: sudo apt-get install chromium" >&2
