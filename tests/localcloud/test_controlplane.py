"""A real Kubernetes API comes up, judges what is applied, and goes without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.controlplane.binaries import Binaries, ensure
from localcloud.controlplane.errors import ControlPlaneError, StartError
from localcloud.controlplane.process import Process, wait_until
from localcloud.controlplane.run import ControlPlane

pytestmark = pytest.mark.local

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: cups.test.modelpoc.dev}
spec:
  group: test.modelpoc.dev
  scope: Namespaced
  names: {plural: cups, singular: cup, kind: Cup}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {size: {type: integer}, poured: {type: integer}}
              x-kubernetes-validations:
                - rule: self.poured <= self.size
                  message: pour no more than the cup holds
"""


def cup(name: str, poured: int) -> str:
    return json.dumps(
        {
            "apiVersion": "test.modelpoc.dev/v1",
            "kind": "Cup",
            "metadata": {"name": name},
            "spec": {"size": 3, "poured": poured},
        }
    )


@pytest.fixture(scope="module")
def binaries() -> Binaries:
    return ensure()


@pytest.fixture(scope="module")
def plane(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane.start(tmp_path_factory.mktemp("plane"), binaries, dies_with_us=True)
    yield plane
    plane.stop()


def kubectl(
    plane: ControlPlane, *words: str, given: str = "", kubeconfig: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [plane.binaries.kubectl, f"--kubeconfig={kubeconfig or plane.kubeconfig}", *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


def port_of(plane: ControlPlane) -> int:
    return int(plane.server.rpartition(":")[2])


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def listening(pid: int) -> list[tuple[str, int]]:
    """The TCP addresses a process listens on, as the kernel tells them."""
    links = [_link(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [line.split() for name in ("tcp", "tcp6") for line in _table(pid, name)]
    return [_address(row[1]) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links]


def _link(file: Path) -> str:
    """What a descriptor stands for; "" when it was closed meanwhile."""
    try:
        return os.readlink(file)
    except FileNotFoundError:
        return ""


def _table(pid: int, name: str) -> list[str]:
    file = Path(f"/proc/{pid}/net/{name}")
    return file.read_text().splitlines()[1:] if file.exists() else []


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90` → ("127.0.0.1", 8080); an IPv6 address stays as it is."""
    host, port = text.split(":")
    return (socket.inet_ntoa(bytes.fromhex(host)[::-1]) if len(host) == 8 else host), int(port, 16)


def runs(pid: int) -> bool:
    """A process that has ended and that only its parent, this test, has yet to hear of runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_cel_rule_lets_the_good_in_and_tells_the_bad_why(plane: ControlPlane) -> None:
    assert kubectl(plane, "apply", "-f", "-", given=CRD).returncode == 0
    # Served a moment after it is established.
    good = ("apply", "-f", "-")
    assert wait_until(lambda: kubectl(plane, *good, given=cup("good", poured=2)).returncode == 0, 60)
    refused = kubectl(plane, "apply", "-f", "-", given=cup("bad", poured=4))

    assert refused.returncode != 0
    assert "pour no more than the cup holds" in refused.stderr
    assert kubectl(plane, "get", "cups", "-o", "name").stdout.split() == ["cup.test.modelpoc.dev/good"]


def test_keys_are_for_their_owner_only(plane: ControlPlane) -> None:
    private = [plane.kubeconfig, *(plane.directory / "pki").iterdir()]

    assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
    assert stat.S_IMODE(plane.directory.stat().st_mode) == 0o700


def test_only_the_kubernetes_api_listens_and_on_loopback_only(plane: ControlPlane) -> None:
    assert [socket for pid in plane.pids.values() for socket in listening(pid)] == [
        ("127.0.0.1", port_of(plane))
    ]


def test_a_user_may_do_only_what_rbac_grants(plane: ControlPlane) -> None:
    kubeconfig = plane.user_kubeconfig("reader", ["readers"])
    kubectl(plane, "create", "clusterrole", "readers", "--verb=get,list", "--resource=configmaps")
    kubectl(plane, "create", "clusterrolebinding", "readers", "--clusterrole=readers", "--group=readers")

    assert kubectl(plane, "get", "configmaps", kubeconfig=kubeconfig).returncode == 0
    refused = kubectl(plane, "create", "configmap", "mine", kubeconfig=kubeconfig)

    assert refused.returncode != 0
    assert 'User "reader" cannot create resource "configmaps"' in refused.stderr


def test_a_service_account_is_known_by_its_own_name(plane: ControlPlane) -> None:
    assert kubectl(plane, "create", "serviceaccount", "operator").returncode == 0
    kubeconfig = plane.service_account_kubeconfig("default", "operator")

    who = kubectl(plane, "auth", "whoami", "-o", "json", kubeconfig=kubeconfig)
    refused = kubectl(plane, "get", "configmaps", kubeconfig=kubeconfig)

    assert (
        json.loads(who.stdout)["status"]["userInfo"]["username"] == "system:serviceaccount:default:operator"
    )
    assert refused.returncode != 0
    assert "forbidden" in refused.stderr


def test_a_service_account_that_is_not_there_gets_no_kubeconfig(plane: ControlPlane) -> None:
    with pytest.raises(ControlPlaneError, match='serviceaccounts "nobody" not found'):
        plane.service_account_kubeconfig("default", "nobody")


def test_two_side_by_side_know_nothing_of_each_other(
    plane: ControlPlane, binaries: Binaries, tmp_path: Path
) -> None:
    other = ControlPlane.start(tmp_path, binaries, dies_with_us=True)
    try:
        assert kubectl(other, "create", "namespace", "only-here").returncode == 0

        assert other.server != plane.server
        assert kubectl(plane, "get", "namespace", "only-here").returncode != 0
        assert kubectl(plane, "get", "namespaces", f"--server={other.server}").returncode != 0
    finally:
        other.stop()
    assert plane.alive()


def test_stopping_leaves_no_process_and_no_port_and_starting_again_finds_the_objects(
    binaries: Binaries, tmp_path: Path
) -> None:
    first = ControlPlane.start(tmp_path, binaries)
    assert kubectl(first, "create", "configmap", "kept").returncode == 0
    # Whoever comes next knows it by its directory alone.
    found = ControlPlane.load(tmp_path)
    assert found == first
    found.stop()

    assert not listens(port_of(first))
    assert not any(runs(pid) for pid in first.pids.values())
    assert ControlPlane.load(tmp_path) is None

    second = ControlPlane.start(tmp_path, binaries, dies_with_us=True)
    try:
        assert kubectl(second, "get", "configmap", "kept").returncode == 0
    finally:
        second.stop()


def test_one_directory_holds_one_control_plane(plane: ControlPlane, binaries: Binaries) -> None:
    with pytest.raises(StartError, match="already runs"):
        ControlPlane.start(plane.directory, binaries)


def test_after_a_crash_of_one_part_the_other_is_ended_and_a_fresh_start_works(
    binaries: Binaries, tmp_path: Path
) -> None:
    crashed = ControlPlane.start(tmp_path, binaries, dies_with_us=True)
    os.kill(crashed.etcd.pid, signal.SIGKILL)
    assert wait_until(lambda: not crashed.alive(), 30)

    again = ControlPlane.start(tmp_path, binaries, dies_with_us=True)
    try:
        assert not crashed.kube_apiserver.alive()
        assert kubectl(again, "get", "namespace", "default").returncode == 0
    finally:
        again.stop()
        crashed.stop()


def test_it_does_not_outlive_a_killed_starter_that_asked_for_that(binaries: Binaries, tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    processes = [Process.of(int(pid)) for pid in starter.stdout.readline().split()]
    assert len(processes) == 2
    assert all(process.alive() for process in processes)

    starter.kill()
    starter.communicate()

    assert wait_until(lambda: not any(process.alive() for process in processes), 60)


STARTER = """
import sys, time
from pathlib import Path
from localcloud.controlplane.run import ControlPlane
plane = ControlPlane.start(Path(sys.argv[1]), dies_with_us=True)
print(*plane.pids.values(), flush=True)
time.sleep(600)
"""


def test_a_program_that_does_not_start_is_told_with_the_end_of_its_log(
    binaries: Binaries, tmp_path: Path
) -> None:
    broken = tmp_path / "kube-apiserver"
    broken.write_text("#!/bin/sh\necho 'no such cipher: rot13'\nexit 3\n")
    broken.chmod(0o755)
    directory = tmp_path / "plane"

    with pytest.raises(StartError, match=r"kube-apiserver ended(.|\n)*no such cipher: rot13"):
        ControlPlane.start(directory, Binaries(binaries.etcd, broken, binaries.kubectl))

    assert ControlPlane.load(directory) is None
    assert not list(directory.glob("controlplane.json"))
