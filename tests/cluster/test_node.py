"""A real node: its Pods reach the API and this machine, and nothing of it is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cluster.place import check_possible, tell

from localcloud.controlplane import binaries
from localcloud.controlplane.process import wait_until
from localcloud.node import Node, NodeError, programs, single
from localcloud.node.node import STATE_FILE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

IMAGE = "local/kubectl:1"
# Where a kubelet, a containerd and their plugins would leave something, and what its name would hold.
_PLACES, _OURS = ("/run", "/var/lib", "/var/log", "/usr/libexec"), re.compile("cni|kube|pods|netns|xtables")


def traces(node: Node) -> dict[str, list[str]]:
    """Everything on this machine that bears the mark of a node: its directory, its cable or its group."""
    own, cable = str(node.directory), node.cable.interface
    groups = Path("/sys/fs/cgroup").glob(f"**/{node.group}")
    return {
        "processes": [str(p) for p in Path("/proc").glob("[0-9]*") if _belongs(p, own, node.group)],
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if own in line],
        "links": [line for line in _run("ip", "-oneline", "link").splitlines() if cable in line],
        "groups": [str(group) for group in groups],
        "files": [own] if node.directory.exists() else [],
    }


def machine() -> dict[str, object]:
    """What a node must not change of this machine, where a kubelet beside the others would."""
    names = ("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "net/ipv4/ip_forward")
    return {
        **{name: Path(f"/proc/sys/{name}").read_text() for name in names},
        "namespaces": _run("ip", "netns"),
        "rules": "KUBE-SERVICES" in _run("iptables-save"),
        "folders": {str(f) for top in _PLACES for f in Path(top).iterdir() if _OURS.search(f.name)},
    }


class Tried:
    """A node, and kubectl on it as its administrator."""

    def __init__(self, node: Node, program: Path) -> None:
        self.node, self._program = node, program

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return _run(*self._command(*words), stdin=stdin)

    def ready(self, name: str) -> bool:
        path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        return self.kubectl("get", "pod", name, "--ignore-not-found", f"--output={path}") == "True"

    def reached(self, url: str) -> bool:
        """Whether an API answers there when a Pod asks."""
        asked = ("/kubectl", "get", f"--server={url}", "--raw=/version", "--request-timeout=5s")
        command = self._command("exec", "first", "--", *asked)
        try:
            return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
        except subprocess.TimeoutExpired:  # nobody answers as long as the Service has no rules
            return False

    def pod(self, name: str, *args: str) -> None:
        """A Pod of kubectl's image; returns once it is Ready."""
        self.kubectl(
            "create",
            "--filename=-",
            stdin=json.dumps({"apiVersion": "v1", "kind": "Pod", **_pod(name, *args)}),
        )
        if not wait_until(lambda: self.ready(name), 180):
            pytest.fail(self.kubectl("describe", "pod", name))

    def _command(self, *words: str) -> list[str]:
        return [str(self._program), f"--kubeconfig={self.node.kubeconfig}", *words]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    check_possible()
    return tmp_path_factory.mktemp("node") / "node"


@pytest.fixture(scope="module")
def tried(place: Path) -> Iterator[Tried]:
    node = Node.start(place, tell=tell)
    try:
        kubectl = binaries.ensure_program(binaries.KUBECTL)
        node.load(single.write(IMAGE, kubectl, place.parent / "kubectl.tar"))
        tried = Tried(node, kubectl)
        tried.kubectl(
            "create", "clusterrolebinding", "pods", "--clusterrole=view", "--serviceaccount=default:default"
        )
        tried.pod("first", "proxy", "--address=0.0.0.0", "--accept-hosts=.*")
        yield tried
    finally:
        node.stop()
    left = traces(node)
    assert not any(left.values()), left


def test_a_pod_asks_the_api_as_its_service_account_through_the_service(tried: Tried) -> None:
    assert "pod/first" in tried.kubectl("exec", "first", "--", "/kubectl", "get", "pods", "--output=name")


def test_a_pod_reaches_what_listens_on_this_machine(tried: Tried) -> None:
    with _served(tried.node.host_address) as url:
        answer = tried.kubectl("exec", "first", "--", "/kubectl", "get", f"--server={url}", "--raw=/told")
    assert answer == "from outside"


def test_logs_and_deletion(tried: Tried) -> None:
    assert "Starting to serve" in tried.kubectl("logs", "first")
    tried.pod("second", "proxy")
    tried.kubectl("delete", "pod", "second", "--timeout=60s")
    assert "second" not in tried.kubectl("get", "pods")


def test_controllers_work(tried: Tried) -> None:
    """Two replicas behind a Service; a namespace that really goes."""
    tried.kubectl("create", "namespace", "short")
    tried.kubectl("apply", "--namespace=short", "--filename=-", stdin=json.dumps(_deployment()))
    tried.kubectl("rollout", "status", "--namespace=short", "deployment/two", "--timeout=90s")
    tried.kubectl("expose", "--namespace=short", "deployment/two", "--port=80", "--target-port=8001")
    address = tried.kubectl("get", "--namespace=short", "service/two", "--output=jsonpath={.spec.clusterIP}")
    assert wait_until(lambda: tried.reached(f"http://{address}"), 60)
    tried.kubectl("delete", "namespace", "short", "--timeout=90s")


def test_a_second_node_runs_beside_it_and_leaves_nothing_whoever_lost_its_file(
    tried: Tried, tmp_path: Path
) -> None:
    before = machine()
    other = Node.start(tmp_path / "node", tell=tell)
    try:
        assert other.host_address != tried.node.host_address
        assert Node.load_state(tmp_path / "node") == other
        there = traces(other)
        # Its mounts are its own from the beginning.
        assert [what for what, found in there.items() if not found] == ["mounts"]
        (tmp_path / "node" / STATE_FILE).unlink()
    finally:
        Node.clear(tmp_path / "node")
    # Without its file nobody knows its cable: the kernel takes that away by itself, a little later.
    assert wait_until(lambda: not any(traces(other).values()), 60), traces(other)
    assert machine() == before
    assert tried.ready("first")


def test_a_killed_node_is_cleared_away(tmp_path: Path) -> None:
    check_possible()
    node = Node.start(tmp_path / "node", tell=tell)
    os.kill(node.init.pid, signal.SIGKILL)
    assert wait_until(lambda: not traces(node)["processes"] and not traces(node)["links"], 60)
    assert Node.load_state(tmp_path / "node") is None
    assert Node.clear(tmp_path / "node")
    assert not any(traces(node).values())


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    check_possible()
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "localcloud.node", "up", "--name=short"]
    programs.ensure(tell)  # first, as that takes minutes where it was never done
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as up:
        begun: list[Node] = []
        assert wait_until(lambda: bool(begun.extend(_there(tmp_path)) or begun), 120)
        up.send_signal(signal.SIGINT)
        assert up.wait(180) == 130
    assert not any(traces(begun[0]).values())


def test_where_it_cannot_run_it_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(NodeError, match="need root"):
        Node.start(tmp_path / "node")


def _belongs(process: Path, directory: str, group: str) -> bool:
    try:
        said = os.fsdecode((process / "cmdline").read_bytes()) + (process / "cgroup").read_text()
        return directory in said or group in said or os.readlink(process / "cwd").startswith(directory)
    except OSError:  # it has ended
        return False


def test_where_the_kernel_does_not_let_it_it_says_what(tmp_path: Path) -> None:
    check_possible()
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = ["setpriv", "--bounding-set=-sys_admin", sys.executable, "-m", "localcloud.node", "up"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "new namespaces: Operation not permitted" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("node*")) == []


def _there(state: Path) -> list[Node]:
    node = Node.load_state(state / "modelpoc" / "nodes" / "short")
    return [node] if node else []


def _run(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def _pod(name: str, *args: str) -> dict[str, object]:
    container = {"name": "kubectl", "image": IMAGE, "imagePullPolicy": "Never", "args": args}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def _deployment() -> dict[str, object]:
    template = _pod("two", "proxy", "--address=0.0.0.0", "--accept-hosts=.*")
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "two"}}}
    preferred = [{"weight": 1, "podAffinityTerm": term}]
    affinity = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    template["spec"]["affinity"] = affinity  # type: ignore[index]
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "two"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "two"}, "spec": spec}


class _served:
    """Answers every GET at an address of this machine; gives the URL."""

    def __init__(self, address: str) -> None:
        self._server = ThreadingHTTPServer((address, 0), _Answer)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://{self._server.server_address[0]!s}:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"from outside")

    def log_message(self, *_: object) -> None:
        """Says nothing."""
