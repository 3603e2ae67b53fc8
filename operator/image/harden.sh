#!/bin/sh
# Makes the base ready: the user that the operator runs as, and neither pip nor what could install it.
set -eu

groupadd --gid 65532 modelpoc
useradd --uid 65532 --gid 65532 --no-log-init --no-create-home --home-dir /tmp --shell /usr/sbin/nologin modelpoc

# Debian's Python has them as packages, the Python image in /usr/local.
for package in python3-pip python3-pip-whl python3-venv python3.11-venv python3-setuptools python3-setuptools-whl python3-wheel; do
    if dpkg-query --show "$package" >/dev/null 2>&1; then
        dpkg --purge --force-depends "$package" >/dev/null 2>&1
    fi
done
for folder in /usr/local/lib/python3*; do
    if [ -d "$folder" ]; then
        rm -rf "$folder/ensurepip"
        for part in pip setuptools pkg_resources wheel _distutils_hack; do
            rm -rf "$folder/site-packages/$part" "$folder/site-packages/$part"-*.dist-info
        done
        rm -f "$folder/site-packages/distutils-precedence.pth"
    fi
done
rm -f /usr/local/bin/pip* /usr/local/bin/wheel
