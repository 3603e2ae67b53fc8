"""A real node: it runs Pods, two stand side by side, and nothing of one is left."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.place import check_possible, tell
from tests.world import wait_for

from localcloud.controlplane.binaries import ensure
from localcloud.node import Node, NodeError, pause
from localcloud.node.node import why_not

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]


def traces() -> dict[str, set[str]]:
    """What a node could leave on this machine."""
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()}
    links = {link["ifname"] for link in json.loads(output("ip", "-json", "link"))}
    groups = {str(p) for p in Path("/sys/fs/cgroup").glob("**/modelpoc-node-*")}
    rules = set(output("iptables-save").splitlines()) - {""}
    named = set(output("ip", "netns").split())
    ours = {pid for pid in filter(str.isdigit, os.listdir("/proc")) if b"localcloud.node" in command(pid)}
    return {
        "mounts": mounts,
        "links": links,
        "groups": groups,
        "rules": {r for r in rules if not r.startswith(("#", ":", "COMMIT", "*"))},
        "namespaces": named,
        "processes": ours,
    }


def command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def kubectl(node: Node, *words: str, stdin: str | None = None) -> str:
    at = [str(ensure().kubectl), f"--kubeconfig={node.kubeconfig}", *words]
    done = subprocess.run(at, input=stdin, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    check_possible()
    place = tmp_path / f"node-{secrets.token_hex(4)}"
    yield place
    if node := Node.load_state(place):
        node.stop()
    shutil.rmtree(place, ignore_errors=True)


def test_two_run_pods_side_by_side_and_leave_nothing(directory: Path, tmp_path: Path) -> None:
    before = traces()
    first, second = tmp_path / f"a{secrets.token_hex(4)}", tmp_path / f"b{secrets.token_hex(4)}"
    nodes = [Node.start(place, tell=tell) for place in (first, second)]
    try:
        for node in nodes:
            runs_a_pod_of_its_own(node)
        with pytest.raises(NodeError, match="already runs"):
            Node.start(first)
    finally:
        for node in nodes:
            node.stop()
    assert wait_for(lambda: traces() == before, 20), {k: v ^ before[k] for k, v in traces().items()}
    assert not first.exists()
    assert not second.exists()


def test_one_that_is_killed_leaves_no_more_than_its_files(directory: Path) -> None:
    before = traces()
    node = Node.start(directory, tell=tell)
    os.kill(node.pid, 9)
    assert wait_for(lambda: not node.init.alive(), 10)
    node.stop()
    assert wait_for(lambda: traces() == before, 20), {k: v ^ before[k] for k, v in traces().items()}


def runs_a_pod_of_its_own(node: Node) -> None:
    """The Pod of the one image that every node has; its Service account comes by itself."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "quiet"},
        "spec": {"containers": [{"name": "a", "image": pause.NAME, "imagePullPolicy": "Never"}]},
    }
    assert wait_for(lambda: "default" in kubectl(node, "get", "serviceaccounts", "-o", "name"), 60)
    kubectl(node, "apply", "-f", "-", stdin=json.dumps(pod))
    kubectl(node, "wait", "--for=condition=Ready", "pod/quiet", "--timeout=90s")
    kubectl(node, "delete", "pod", "quiet", "--timeout=60s")


def test_where_it_cannot_run_it_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "root" in (why_not() or "")
    with pytest.raises(NodeError, match="need root"):
        Node.start(tmp_path / "never")
    assert not (tmp_path / "never").exists()
