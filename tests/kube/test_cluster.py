"""Our objects are read, applied and watched through a real API server; its refusals become clear errors."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.world import succeeds, wait_for

from localcloud.controlplane.run import ControlPlane
from modelpoc.kube.cluster import PLATFORM, POC, Cluster, connect
from modelpoc.kube.errors import Conflict, NoCluster, Refused, Unreachable

pytestmark = pytest.mark.local
CRDS = Path(__file__).resolve().parents[2] / "crds"


def poc(name: str, namespace: str = "default", **ecs: Any) -> dict[str, Any]:
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": POC,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ecs": {"image": "local/echo:latest", **ecs}},
    }


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane.start(tmp_path_factory.mktemp("plane"), dies_with_us=True)
    kubectl(plane, "apply", "-f", str(CRDS))
    established = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    assert wait_for(lambda: succeeds(lambda: kubectl(plane, *established)), 60)
    yield plane
    plane.stop()


@pytest.fixture
async def cluster(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    async with connect() as found:
        for _ in range(600):  # just after a CRD is established its storage may still be set up
            try:
                await found.list(POC)
                break
            except Refused:
                await asyncio.sleep(0.1)
        yield found


def kubectl(plane: ControlPlane, *words: str) -> str:
    command = [str(plane.binaries.kubectl), f"--kubeconfig={plane.kubeconfig}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


async def test_what_is_applied_is_read_listed_and_deleted(cluster: Cluster) -> None:
    assert await cluster.get(POC, "cups", "default") is None
    made = await cluster.apply(poc("cups"), manager="tests")
    assert made["metadata"]["uid"]
    found = await cluster.get(POC, "cups", "default")
    assert found is not None
    assert found["spec"]["ecs"]["image"] == "local/echo:latest"
    listed = await cluster.list(POC, "default")
    assert [(item["kind"], item["metadata"]["name"]) for item in listed] == [(POC, "cups")]
    assert await cluster.list(POC, "elsewhere") == []
    assert await cluster.delete(POC, "cups", "default") is True
    assert await cluster.delete(POC, "cups", "default") is False


async def test_a_dry_run_judges_and_keeps_nothing(cluster: Cluster) -> None:
    await cluster.apply(poc("dry"), manager="tests", dry_run=True)
    assert await cluster.get(POC, "dry", "default") is None


async def test_a_field_that_a_manager_no_longer_gives_goes(cluster: Cluster) -> None:
    await cluster.apply(poc("fields", port=9000), manager="tests")
    again = await cluster.apply(poc("fields"), manager="tests")
    assert again["spec"]["ecs"].get("port") != 9000


async def test_one_field_of_another_manager_is_given_up_by_an_empty_spec(cluster: Cluster) -> None:
    await cluster.apply(poc("two"), manager="tests")
    only = {**poc("two"), "spec": {"suspend": True}}
    suspended = await cluster.apply(only, manager="other", force=True)
    assert suspended["spec"]["suspend"] is True
    assert suspended["spec"]["ecs"]["image"]
    back = await cluster.apply({**only, "spec": {}}, manager="other")
    assert not back["spec"].get("suspend")


async def test_another_managers_field_is_a_conflict_that_names_it(cluster: Cluster) -> None:
    await cluster.apply(poc("held", cpu=512, memory=1024), manager="first")
    with pytest.raises(Conflict) as caught:
        await cluster.apply(poc("held", cpu=1024, memory=2048), manager="second")
    assert caught.value.managers == ("first",)
    assert set(caught.value.fields) == {".spec.ecs.cpu", ".spec.ecs.memory"}
    assert "first" in str(caught.value)
    won = await cluster.apply(poc("held", cpu=1024, memory=2048), manager="second", force=True)
    assert won["spec"]["ecs"]["cpu"] == 1024


async def test_an_older_version_is_a_conflict(cluster: Cluster) -> None:
    made = await cluster.apply(poc("old"), manager="tests")
    body = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"], "labels": {"a": "b"}}}
    await cluster.patch(POC, "old", "default", body)
    with pytest.raises(Conflict):
        await cluster.patch(POC, "old", "default", body)


async def test_each_objection_of_admission_is_told(cluster: Cluster) -> None:
    with pytest.raises(Refused) as caught:
        await cluster.apply(poc("bad", cpu=1, port=0), manager="tests")
    assert caught.value.status == 422
    assert any("spec.ecs.port" in cause for cause in caught.value.causes)
    with pytest.raises(Refused, match=r"unknown field|field not declared"):
        await cluster.apply(poc("bad", prot=1), manager="tests")


async def test_a_missing_namespace_and_a_missing_object_are_told(cluster: Cluster) -> None:
    with pytest.raises(Refused, match="nowhere"):
        await cluster.apply(poc("lost", "nowhere"), manager="tests")
    with pytest.raises(Refused, match="lost"):
        await cluster.patch(POC, "lost", "default", {})


async def test_a_watch_begins_with_what_is_there_and_ends_with_its_going(cluster: Cluster) -> None:
    await cluster.apply(poc("seen"), manager="tests")
    await cluster.apply(poc("unseen"), manager="tests")
    seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def follow() -> None:
        async for kind, body in cluster.watch(POC, "seen", "default"):
            seen.put_nowait((kind, body["metadata"]["name"]))
            if kind == "DELETED":
                return

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        assert await seen.get() == ("ADDED", "seen")
        await cluster.patch(POC, "seen", "default", {"metadata": {"labels": {"a": "b"}}})
        assert await seen.get() == ("MODIFIED", "seen")
        await cluster.delete(POC, "seen", "default")
        assert await seen.get() == ("DELETED", "seen")


async def test_secrets_are_decoded_and_events_written(cluster: Cluster, plane: ControlPlane) -> None:
    made = await cluster.apply(poc("told"), manager="tests")
    await cluster.event(made, "Tried", "a test wrote this", warning=True)
    events = kubectl(plane, "get", "events", "-o", "jsonpath={.items[*].message}")
    assert "a test wrote this" in events
    assert await cluster.secret("default", "none") is None
    kubectl(plane, "create", "secret", "generic", "keys", "--from-literal=a=b")
    kubectl(plane, "label", "secret", "keys", "use=yes")
    assert await cluster.secret("default", "keys") == {"a": b"b"}
    assert await cluster.secrets("default", "use=yes") == {"keys": {"a": b"b"}}
    assert await cluster.secrets("default", "use=no") == {}


async def test_platforms_have_no_namespace(cluster: Cluster) -> None:
    assert await cluster.get(PLATFORM, "default") is None
    assert await cluster.list(PLATFORM) == []


async def test_a_refused_token_and_a_dead_server_say_what_to_do(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = plane.kubeconfig.read_text()
    other = tmp_path / "kubeconfig"
    other.write_text(config.replace(plane.server, "https://127.0.0.1:9"))
    monkeypatch.setenv("KUBECONFIG", str(other))
    async with connect() as nowhere:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
            await nowhere.list(POC)
    stranger_config = yaml.safe_load(config)
    stranger_config["users"][0]["user"] = {"token": "unknown"}
    other.write_text(yaml.safe_dump(stranger_config))
    async with connect() as stranger:
        with pytest.raises(Refused) as caught:
            await stranger.list(POC)
    assert caught.value.status in (401, 403)


async def test_no_kubeconfig_and_an_unknown_context_say_what_to_do(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    with pytest.raises(NoCluster, match="get-contexts"):
        async with connect("no-such-context"):
            pass
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(NoCluster, match=r"none does not exist.*KUBECONFIG"):
        async with connect():
            pass
