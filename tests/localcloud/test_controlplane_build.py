"""Building the control plane's programs with a Go of our own making."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.controlplane import binaries, build
from localcloud.controlplane.errors import BuildError
from localcloud.controlplane.programs import ETCD

pytestmark = pytest.mark.local

Go = Callable[[str], Path]

# The output is the argument that starts with -o=.
BUILDS = """
for argument; do case $argument in -o=*) output=${argument#-o=};; esac; done
echo once >> "$0.runs"
/bin/sleep 0.3
echo program > "$output"
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """A machine whose only program is `go`, which does what the given shell lines do when it builds."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "POLL_SECONDS", 0.02)
    (tmp_path / "path").mkdir()

    def make(lines: str, version: str = "1.26.1") -> Path:
        file = tmp_path / "path" / "go"
        file.write_text(f"#!/bin/sh\n[ $1 = version ] && echo go version go{version} && exit\n{lines}\n")
        file.chmod(0o755)
        return file

    return make


def test_a_go_too_old_is_told_apart_from_none(go: Go) -> None:
    old = go(BUILDS, version="1.19.8")

    with pytest.raises(BuildError, match=re.escape(f"{old} is go1.19")):
        binaries.ensure_program(ETCD)


def test_a_failed_build_shows_what_go_said_and_leaves_nothing(go: Go) -> None:
    go("echo go: downloading some/module >&2; echo disk full >&2; exit 1")
    told: list[str] = []

    with pytest.raises(BuildError) as refusal:
        binaries.ensure_program(ETCD, told.append)

    assert "disk full" in str(refusal.value)
    assert "downloading" not in str(refusal.value)
    assert told[0] == "building etcd v3.6.8 (once, about 1 minute) … 0 s"
    assert [file.name for file in binaries.cached(ETCD).parent.iterdir()] == [".etcd.lock"]


def test_two_who_need_it_at_once_build_it_once(go: Go) -> None:
    runs = go(BUILDS).with_name("go.runs")
    told: list[str] = []

    with ThreadPoolExecutor() as pool:
        first, second = (pool.submit(binaries.ensure_program, ETCD, told.append) for _ in range(2))

    assert first.result() == second.result() == binaries.cached(ETCD)
    assert binaries.cached(ETCD).read_text() == "program\n"
    assert runs.read_text().splitlines() == ["once"]
    assert any(line.startswith("waiting for another build of etcd") for line in told)
