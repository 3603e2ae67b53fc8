"""What others make of a POC's states, with the real tools: `kubectl wait` and `kubectl get` about the objects
of every state, and one POC of a real cloud taken through its life."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.failing import CRASH, env
from tests.e2e.test_admission import Kubectl, with_crds
from tests.unit.controller.case import Case
from tests.unit.controller.held import PLATFORM
from tests.unit.controller.states import cases
from tests.unit.controller.table import ROOT, Row, rows
from tests.world import World, poc

from localcloud.controlplane.run import ControlPlane

pytestmark = pytest.mark.e2e

ROWS = {row.state: row for row in rows()}
Item = dict[str, Any]


# Every state, in a control plane without an operator


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    plane = ControlPlane.start(tmp_path_factory.mktemp("plane"), dies_with_us=True)
    try:
        kubectl = Kubectl(plane)
        with_crds(kubectl)
        yield kubectl
    finally:
        plane.stop()


@pytest.fixture(scope="module")
def told(kubectl: Kubectl) -> dict[str, Case]:
    """Every case as an object of its own: the same metadata that counts, and the same status."""
    found = {case.name: case for case in cases()}
    for turn in (1, 2, 3):
        put(kubectl, [bare(c, turn) for c in found.values() if of_generation(c) >= turn])
    for case in found.values():
        if case.item["metadata"].get("deletionTimestamp"):
            kubectl.must("delete", named(case), "--wait=false")
    spoken = [c for c in found.values() if c.status.get("conditions")]
    put(kubectl, [{**bare(c, 1), "status": c.status} for c in spoken], "--subresource=status")
    return found


def of_generation(case: Case) -> int:
    """Which generation people wrote: a deletion adds one."""
    meta = case.item["metadata"]
    return int(meta["generation"]) - bool(meta.get("deletionTimestamp"))


def named(case: Case) -> str:
    return f"{case.item['kind'].lower()}/{case.name}"


def bare(case: Case, turn: int) -> Item:
    """An object that is admitted; another tag makes another generation."""
    kind, finalizers = case.item["kind"], case.item["metadata"].get("finalizers", [])
    spec = PLATFORM.spec.to_dict() if kind == "ModelPlatform" else {"ecs": {"image": "local/echo:1"}}
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": case.name, "finalizers": finalizers},
        "spec": {**spec, "tags": {"turn": str(turn)}},
    }


def put(kubectl: Kubectl, items: list[Item], *words: str) -> None:
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    kubectl.must("apply", "--server-side", "--force-conflicts", *words, "-f", "-", stdin=whole)


def test_the_objects_are_those_of_the_states(kubectl: Kubectl, told: Mapping[str, Case]) -> None:
    live = {
        i["metadata"]["name"]: i
        for i in json.loads(kubectl.must("get", "modelpocs,modelplatforms", "-o", "json"))["items"]
    }
    for name, case in told.items():
        meta = case.item["metadata"]
        assert live[name]["metadata"]["generation"] == meta["generation"], name
        assert live[name]["status"]["observedGeneration"] == case.status["observedGeneration"], name
        assert bool(live[name]["metadata"].get("deletionTimestamp")) == bool(meta.get("deletionTimestamp"))


def test_kubectl_wait_makes_of_each_state_what_the_table_says(
    kubectl: Kubectl, told: Mapping[str, Case]
) -> None:
    def asked(case: Case) -> str:
        done = kubectl("wait", "--for=condition=Ready", named(case), "--timeout=0")
        return "done" if done.returncode == 0 else "waits"

    with ThreadPoolExecutor(3) as pool:
        said = dict(zip(told, pool.map(asked, told.values()), strict=True))
    assert said == {name: ROWS[case.state].wait for name, case in told.items()}


def test_kubectl_get_shows_ready_status_and_url(kubectl: Kubectl, told: Mapping[str, Case]) -> None:
    lines = kubectl.must("get", "modelpocs").splitlines()
    assert lines[0].split() == ["NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE"]
    shown = {line.split()[0]: line.split()[1:-1] for line in lines[1:]}
    url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/poc-deployment/echo"
    assert shown["ready"] == ["ecs", "True", "Ready", url]
    assert shown["rollout-failed-while-serving"] == ["ecs", "False", "RolloutFailed", url]
    assert shown["suspended"] == ["ecs", "Suspended", url]
    assert shown["not-yet-seen"] == []


# One POC of a real cloud


class Watched:
    """A POC of a real cloud, compared with the table in each state that it is taken to."""

    def __init__(self, world: World, name: str, kept: Path) -> None:
        self.world, self.name, self.kept = world, name, kept

    def is_in(self, state: str) -> None:
        """Conditions and `kubectl wait` are as the table says; the object is kept for kstatus and others."""
        row, item = ROWS[state], self.world.get(self.name)
        conditions_are(row, item)
        waited = self.world.kubectl(
            "wait", "--for=condition=Ready", f"poc/{self.name}", "--timeout=0", check=False
        )
        assert ("condition met" in waited) == (row.wait == "done"), f"{state}: {waited}"
        number = len(list(self.kept.iterdir()))
        text = json.dumps({"state": state, "object": item})
        (self.kept / f"{number:02}-{self.name}.json").write_text(text)


def conditions_are(row: Row, item: Item) -> None:
    found = {c["type"]: c for c in item.get("status", {}).get("conditions", [])}
    for kind, cell in row.conditions.items():
        if cell.status == "as before":
            continue
        status = found.get(kind, {}).get("status", "none")
        assert status == cell.status, f"{row.state}: {kind} is {status}\n{json.dumps(found, indent=1)}"
        assert status == "none" or not cell.reasons or found[kind]["reason"] in cell.reasons, row.state


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


def test_a_life_in_a_real_cloud(world: World, kept: Path) -> None:
    name = "status-life"
    one = Watched(world, name, kept)
    world.stop_operator()
    world.apply(poc(name))
    one.is_in("not yet seen")

    world.start_operator()
    world.ready(name)
    one.is_in("serving")

    world.patch(name, {"ecs": {"env": CRASH}})
    world.stalled(name, "RolloutFailed", 120)
    one.is_in("needs someone (conflict, not allowed, failed rollout, quota, …)")

    world.stop_operator()
    world.patch(name, {"ecs": {"env": env("two")}})
    one.is_in("spec just changed")
    world.start_operator()
    world.ready(name, 90)
    one.is_in("serving")

    world.patch(name, {"suspend": True})
    world.reason(name, "Suspended", 90)
    one.is_in("suspended, expired")


def test_aws_falls_silent_and_comes_back(world: World, kept: Path) -> None:
    name = "status-mute"
    one = Watched(world, name, kept)
    world.apply(poc(name))
    world.ready(name)
    silence = {"principal": "*operator*", "error": "InternalFailure", "status": 500}
    world.local("faults", "PUT", [silence])
    try:
        world.annotate(name, "modelpoc.dev/reconcile-at=now")
        world.until(name, lambda s: of(s, "Reconciling") == "AwsUnavailable")
        one.is_in("AWS no longer answers, Ready before")
    finally:
        world.local("faults", "DELETE")
    world.until(name, lambda s: of(s, "Reconciling") == "Ready", 90)
    one.is_in("serving")


def of(status: Mapping[str, Any], kind: str) -> str:
    found = (c["reason"] for c in status.get("conditions", []) if c["type"] == kind)
    return next(found, "")


def test_a_stand_in_and_a_plan(world: World, kept: Path) -> None:
    world.apply(poc("status-stand-in", ecs={"image": "PLACEHOLDER"}))
    planned = poc("status-plan")
    world.apply(
        {**planned, "metadata": {**planned["metadata"], "annotations": {"modelpoc.dev/mode": "observe"}}}
    )
    world.reason("status-stand-in", "Placeholder")
    world.reason("status-plan", "Observing")
    Watched(world, "status-stand-in", kept).is_in("stand-in image")
    Watched(world, "status-plan", kept).is_in("observing")


def test_a_deletion(world: World, kept: Path) -> None:
    """Another's finalizer keeps the object in sight when ours is gone."""
    name = "status-gone"
    item = poc(name)
    world.apply({**item, "metadata": {**item["metadata"], "finalizers": ["example.org/hold"]}})
    world.ready(name)
    world.kubectl("delete", "modelpoc", name, "--wait=false")
    world.reason(name, "Deleting")
    Watched(world, name, kept).is_in("being deleted")
    world.kubectl("patch", "modelpoc", name, "--type=json", "-p", drop_hold(world.get(name)))
    world.kubectl("wait", "--for=delete", f"poc/{name}", "--timeout=60s")


def drop_hold(item: Item) -> str:
    at = item["metadata"]["finalizers"].index("example.org/hold")
    return json.dumps([{"op": "remove", "path": f"/metadata/finalizers/{at}"}])


@pytest.mark.skipif(shutil.which("go") is None, reason="kstatus is a Go library, and Go is not on PATH")
def test_kstatus_flux_and_argo_cd_say_what_the_table_says_of_the_live_objects(
    world: World, kept: Path
) -> None:
    """Runs last in this file: the objects are those that the tests before it kept; alone, one of its own."""
    if not list(kept.iterdir()):
        world.apply(poc("status-alone"))
        world.ready("status-alone")
        Watched(world, "status-alone", kept).is_in("serving")
    done = subprocess.run(
        ["go", "test", "-mod=readonly", "-count=1", "-run=^(TestKstatus|TestFlux|TestArgoCD)$", "./..."],
        cwd=ROOT / "tests" / "kstatus",
        env={**os.environ, "MODELPOC_STATES": str(kept)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
