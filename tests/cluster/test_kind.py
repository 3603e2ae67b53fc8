"""kind is asked for what it can do, and leaves nothing when it fails. Real ones need an image that is pulled:
here the programs are stand-ins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from localcloud.cluster import kind
from localcloud.cluster.kind import IMAGE, Kind, KindFailed, to_be_had
from localcloud.controlplane.programs import KUBERNETES_VERSION, minor

pytestmark = pytest.mark.unit
DOCKER = f"""#!/bin/sh
echo "docker $*" >> "$TOLD"
case "$*" in
  *"network inspect"*) echo '[{{"Subnet":"fc00::/64","Gateway":"fc00::1"}},{{"Gateway":"172.18.0.1"}}]' ;;
  *"image inspect"*{IMAGE}*) [ -n "$HAS_IMAGE" ] && echo sha256:0 ;;
  *" info "*) echo "${{CGROUPS:-2}}" ;;
  *" pull "*) exit 1 ;;
esac
"""
KIND = """#!/bin/sh
echo "kind $*" >> "$TOLD"
case "$*" in *"create cluster"*) [ -z "$FAILS" ] || { echo "no space left" >&2; exit 1; } ;; esac
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the two were asked, line by line."""
    for name, text in {"docker": DOCKER, "kind": KIND}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return tmp_path / "told"


def test_it_is_to_be_had_with_docker_and_the_nodes_image(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not to_be_had()
    assert f"pull --quiet {IMAGE}" in told.read_text()
    monkeypatch.setenv("HAS_IMAGE", "1")
    assert to_be_had()


def test_it_is_not_to_be_had_without_the_program(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAS_IMAGE", "1")
    (told.parent / "kind").unlink()
    monkeypatch.setenv("PATH", str(told.parent))
    assert not to_be_had()


def test_it_is_not_to_be_had_where_its_node_would_not_start(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kubelet 1.35 and later refuses cgroup v1."""
    monkeypatch.setenv("HAS_IMAGE", "1")
    monkeypatch.setenv("CGROUPS", "1")
    said: list[str] = []
    assert not to_be_had(said.append)
    assert "cgroup v2" in said[-1]


def test_its_image_is_pinned_and_of_the_minor_version_that_all_else_has() -> None:
    assert "@sha256:" in IMAGE
    assert minor(IMAGE.partition(":")[2]) == minor(KUBERNETES_VERSION)


def test_it_is_made_found_again_loaded_and_taken_away(told: Path, tmp_path: Path) -> None:
    made = Kind.start(tmp_path / "a")
    assert made.host_address == "172.18.0.1"
    assert Kind.load_state(tmp_path / "a") == made
    made.load(tmp_path / "images.tar")
    made.stop()
    assert Kind.load_state(tmp_path / "a") is None
    create, _, load, delete = told.read_text().splitlines()
    assert f"--image {IMAGE} --wait" in create
    assert f"--config {kind.CONFIG}" in create
    assert load == f"kind load image-archive {tmp_path / 'images.tar'} --name modelpoc-a"
    assert delete.startswith("kind delete cluster --name modelpoc-a --kubeconfig")


def test_one_whose_maker_was_killed_is_found_and_taken_away(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Kind | None] = []
    monkeypatch.setattr(
        kind, "_gateway", lambda: seen.append(Kind.load_state(tmp_path / "a")) or "172.18.0.1"
    )
    Kind.start(tmp_path / "a")
    [begun] = seen
    assert begun is not None
    begun.stop()
    assert "kind delete cluster --name modelpoc-a" in told.read_text()
    assert Kind.load_state(tmp_path / "a") is None


def test_what_fails_is_told_and_leaves_nothing(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(KindFailed, match="no space left"):
        Kind.start(tmp_path / "a")
    assert "kind delete cluster --name modelpoc-a" in told.read_text()
    assert Kind.load_state(tmp_path / "a") is None
