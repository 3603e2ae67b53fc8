"""What a node does where the machine is slow, odd, or not one that can run a node."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from localcloud import tools
from localcloud.controlplane import binaries
from localcloud.controlplane.build import MODULES
from localcloud.controlplane.process import Process
from localcloud.controlplane.programs import KUBERNETES_VERSION, minor
from localcloud.controlplane.progress import silent
from localcloud.node import NodeError, cgroups, node, programs, remains
from localcloud.node.network import Cable
from localcloud.node.node import STATE_FILE, Node
from localcloud.node.plan import FIRST
from localcloud.node.programs import KUBERNETES, PROGRAMS

pytestmark = pytest.mark.unit


def test_a_program_whose_words_are_no_text_does_not_hide_what_is_left_of_a_node(tmp_path: Path) -> None:
    program = "echo; read line; :"
    odd = subprocess.Popen(["sh", "-c", program, b"\xff\xfe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    words = ["sh", "-c", program, "-m", FIRST, str(tmp_path)]
    first = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for process in (odd, first):  # the kernel shows the words of a program a moment after it is begun
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
        assert [p.pid for p in remains._first_processes(tmp_path)] == [first.pid]
    finally:
        for process in (odd, first):
            process.kill()
            process.communicate()


def test_what_is_left_of_a_killed_node_is_its_cable_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel takes it away some time after the last process."""
    child = subprocess.Popen(["sh", "-c", "read line; :"], stdin=subprocess.PIPE)
    init = Process.of(child.pid)
    child.communicate()
    directory = tmp_path / "node"
    directory.mkdir()
    noted = {"cable": vars(Cable("a", "b", "c")), "init": init.as_dict(), "pid": child.pid, "ctr": "ctr"}
    (directory / STATE_FILE).write_text(json.dumps(noted))
    looks = iter([True, True, False])
    monkeypatch.setattr(Cable, "there", lambda _: next(looks))
    assert Node.load_state(directory) is None
    assert Node.clear(directory)
    assert not directory.exists()
    assert list(looks) == []


def test_a_question_that_takes_too_long_is_asked_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def slow() -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise subprocess.TimeoutExpired("kubectl", 30)
        return True

    here = Process.of(os.getpid())
    Node(tmp_path, Cable("a", "b", "c"), here, here.pid, Path("ctr"))._until(slow, "its kubelet")
    assert len(asked) == 2


def test_without_kernel_messages_it_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_KERNEL_MESSAGES", tmp_path / "kmsg")
    monkeypatch.setattr(node.shutil, "which", lambda _: None)
    assert node._kernel_refuses() == f"kubelet reads {tmp_path}/kmsg: No such file or directory"


def test_without_rights_to_namespaces_it_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2; exit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert node._kernel_refuses() == "new namespaces: Operation not permitted"


def test_where_no_control_group_can_be_made_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "_ROOT", tmp_path)
    with pytest.raises(NodeError, match="none are mounted"):
        cgroups.make("a-node")
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "a-node").touch()  # in its place
    with pytest.raises(NodeError, match="control group of its own below"):
        cgroups.make("a-node")


def test_an_api_server_of_another_version_is_not_taken_for_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """As KUBEBUILDER_ASSETS may name one: alone it would do."""
    found = binaries.Binaries(Path("etcd"), Path("assets/kube-apiserver"), Path("kubectl"))
    monkeypatch.setattr(binaries, "ensure", lambda _: found)
    monkeypatch.setattr(programs, "build", lambda *_: Path("built/kube-apiserver"))
    for version, taken in (
        ((1, 32), "built/kube-apiserver"),
        (minor(KUBERNETES_VERSION), "assets/kube-apiserver"),
    ):
        monkeypatch.setattr(programs, "ask_version", lambda *_, version=version: version)
        assert programs._plane(silent).kube_apiserver == Path(taken)


def test_versions_told_are_those_of_the_modules_that_programs_are_built_from() -> None:
    """Those of the control plane have a test of their own."""
    modules = {
        "github.com/containerd/containerd/v2": programs.CONTAINERD_VERSION,
        "helm.sh/helm/v4": tools.HELM.version,
        "github.com/yannh/kubeconform": tools.KUBECONFORM.version,
        "github.com/zegl/kube-score": tools.KUBE_SCORE.version,
    }
    pinned = "".join(
        (MODULES / where / "go.mod").read_text() for where in ("node", "tools/helm", "tools/checks")
    )
    for module, version in modules.items():
        assert f"\t{module} {version} " in pinned
    for tool in tools.PROGRAMS.values():
        assert any(value.endswith(tool.version.lstrip("v")) for value in tool.linker_values)


def test_nothing_on_path_that_is_newer_than_the_api_server_is_taken() -> None:
    major, number = minor(KUBERNETES_VERSION)
    for program in (p for p in PROGRAMS if p.name in KUBERNETES):
        assert program.accepts((major, number))
        assert not program.accepts((major, number + 1))
