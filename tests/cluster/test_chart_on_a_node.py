"""The whole story on a real node: chart in, POCs Ready, leader lost, upgrade, uninstall, reinstall.

Real kubelet, real Pods of the operator's image, the chart by helm, RBAC as the chart grants it, IAM as the
policy grants it; AWS is the local one, outside of the cluster. The tests go on from each other.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from tests.aws_listing import owned
from tests.cluster.place import Place, tell
from tests.world import ROOT, ask, endpoint_poc, poc, wait_for

from localcloud.cluster.chart import NAMESPACE
from localcloud.demo.steps import Demo

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(3600)]  # the first one may build all
EXAMPLES = ("experience-linker", "object-counter")
FLEET = 100
TAKEOVER = 20.0
"""Seconds."""


def test_the_example_pocs_become_ready_with_the_operator_in_a_pod(place: Place) -> None:
    asyncio.run(Demo(place.files, ROOT, tell).ship(place.prepared))
    for name in EXAMPLES:
        place.kubectl("wait", "--for=condition=Ready", f"modelpoc/{name}", "--timeout=120s")
    place.kubectl("wait", "--for=condition=Ready", "modelplatform/default", "--timeout=60s")
    linker = place.get("experience-linker")
    answer = ask(linker["status"]["predictUrl"], linker["spec"]["examples"][0]["body"])
    assert answer.status == 200, answer
    assert answer.json()
    assert len(place.ready_pods()) == 2
    assert place.leader() in place.ready_pods()


def test_the_pods_run_with_no_more_than_they_need(place: Place) -> None:
    for pod in place.pods().values():
        [container] = pod["spec"]["containers"]
        security = {**pod["spec"]["securityContext"], **container["securityContext"]}
        assert security["runAsNonRoot"]
        assert security["readOnlyRootFilesystem"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    name = place.leader()
    within = ("exec", "--namespace", NAMESPACE, name, "--")
    assert place.kubectl(*within, "id", "-u").strip() == "65532"
    assert "Read-only file system" in place.kubectl(*within, "touch", "/opt/written", check=False)
    status = place.kubectl(*within, "cat", "/proc/1/status")
    assert "CapEff:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    forbidden = ("auth", "can-i", f"--as=system:serviceaccount:{NAMESPACE}:modelpoc-operator")
    for words in (("delete", "modelpocs"), ("create", "pods"), ("get", "secrets"), ("update", "modelpocs")):
        assert place.kubectl(*forbidden, *words, check=False).strip().endswith("no"), words


def test_the_leader_is_killed_in_mid_rollout_and_the_other_takes_over(place: Place) -> None:
    place.apply(poc("killed"))
    place.ready("killed", 120)
    leader, since = place.until_led(30), place.last_call()
    place.patch("killed", {"ecs": {"env": [{"name": "REVISION", "value": "two"}]}})
    assert wait_for(lambda: bool(place.operator_calls(since)), 30), "no rollout began"
    began = time.monotonic()
    kill = ("delete", "pod", leader, "--namespace", NAMESPACE, "--grace-period=0", "--force", "--wait=false")
    place.kubectl(*kill)
    after = place.until_led(TAKEOVER, but=leader)
    took = time.monotonic() - began
    tell(f"the leader's Pod was killed; {after} led after {took:.1f} s")
    assert took < TAKEOVER
    status = place.ready("killed", 120)
    assert status["revision"]
    assert json.loads(place.predict("killed").body)["revision"] == "two"
    assert place.twice_made(since) == {}
    assert wait_for(lambda: len(place.ready_pods()) == 2, 90)


def test_an_upgrade_rolls_without_a_missed_change(place: Place) -> None:
    names = [f"upgraded-{number}" for number in range(6)]
    place.apply(poc("upgraded-0"))
    place.ready("upgraded-0", 120)
    before, since = set(place.pods()), place.last_call()
    values = {**place.installed.values, "podAnnotations": {"rolled": "yes"}}
    with ThreadPoolExecutor(1) as beside, _asked(place, "upgraded-0") as answers:
        rolling = beside.submit(place.installed.helm.install, values)
        for name in names[1:]:  # changes come while one Pod goes and the other comes
            place.apply(poc(name))
            time.sleep(2)
        rolling.result(300)
        for name in names:
            place.ready(name, 120)
    assert wait_for(lambda: not before & set(place.pods()), 60), "a Pod of before the upgrade is still there"
    assert wait_for(lambda: len(place.ready_pods()) == 2, 60)
    assert place.twice_made(since) == {}
    assert set(answers) == {200}


def test_a_hundred_pocs_fit_into_what_the_pod_asks_for(place: Place) -> None:
    there = len(json.loads(place.kubectl("get", "modelpocs", "-o", "json"))["items"])
    fleet = [f"fleet-{number:03}" for number in range(FLEET - there - 4)]
    endpoints = [f"fleet-sm-{number}" for number in range(4)]
    for name in endpoints:
        place.upload_archive(name)
    place.apply(*map(poc, fleet), *(endpoint_poc(name, sagemaker={"serverless": {}}) for name in endpoints))
    assert wait_for(lambda: _ready(place) == FLEET, 600, every=2), f"{_ready(place)} of {FLEET} are Ready"
    leader, pods = place.until_led(30), place.pods()
    request = _mebibytes(pods[leader]["spec"]["containers"][0]["resources"]["requests"]["memory"])
    used = {name: _working_set(place, pod) for name, pod in pods.items()}
    most = used.pop(leader)
    tell(f"{FLEET} POCs Ready: leader {most} MiB, waiting {list(used.values())}, request {request} MiB")
    assert most <= request


def test_an_uninstall_leaves_pocs_and_aws_and_a_reinstall_goes_on(place: Place) -> None:
    _thin_out(place)
    place.quiet(0, silence=5.0)
    pocs, aws, since = _pocs(place), owned(place.client), place.last_call()
    told = place.installed.helm.uninstall()
    assert wait_for(lambda: not place.pods(), 60)
    assert _pocs(place) == pocs
    assert owned(place.client) == aws
    assert place.predict("killed").status == 200, "what was there answers on"
    writes = [c["operation"] for c in place.operator_calls(since) if c["mutating"]]
    assert writes == []
    assert all("modelpoc.dev/aws" in p["metadata"]["finalizers"] for p in pocs.values())
    tell(told)
    # What is deleted meanwhile waits for the operator: its finalizer is honoured.
    place.kubectl("delete", "modelpoc", "upgraded-1", "--wait=false")
    place.installed.helm.install(place.installed.values)
    place.kubectl("wait", "--for=delete", "modelpoc/upgraded-1", "--timeout=120s")
    place.ready("killed", 60)
    place.quiet(since, silence=5.0)
    writes = [c["operation"] for c in place.operator_calls(since) if c["mutating"]]
    assert writes, "the POC that was deleted was taken apart"
    assert not [w for w in writes if w.startswith(("Create", "Register"))], "nothing was made again"
    left = [found for found in aws if found in owned(place.client)]
    assert len(left) < len(aws)


def _ready(place: Place) -> int:
    items = json.loads(place.kubectl("get", "modelpocs", "-o", "json"))["items"]
    ready = [c for i in items for c in i.get("status", {}).get("conditions", []) if c["type"] == "Ready"]
    return sum(c["status"] == "True" for c in ready)


def _pocs(place: Place) -> dict[str, Any]:
    items = json.loads(place.kubectl("get", "modelpocs", "-o", "json"))["items"]
    return {item["metadata"]["name"]: item for item in items}


def _thin_out(place: Place) -> None:
    """The fleet goes, so that the machine is quiet again."""
    names = [name for name in _pocs(place) if name.startswith("fleet-")]
    if names:
        place.kubectl("delete", "modelpocs", *names, "--wait=false")
        assert wait_for(lambda: not any(n.startswith("fleet-") for n in _pocs(place)), 300, every=2)


def _working_set(place: Place, pod: dict[str, Any]) -> int:
    """MiB, as kubelet counts them against a limit."""
    path = f"/api/v1/nodes/{pod['spec']['nodeName']}/proxy/stats/summary"
    summary = json.loads(place.kubectl("get", "--raw", path))
    [found] = [p for p in summary["pods"] if p["podRef"]["name"] == pod["metadata"]["name"]]
    return round(found["memory"]["workingSetBytes"] / 2**20)


def _mebibytes(quantity: str) -> int:
    assert quantity.endswith("Mi"), quantity
    return int(quantity.removesuffix("Mi"))


@contextmanager
def _asked(place: Place, name: str) -> Iterator[list[int]]:
    """Asks a POC all the time; gives the answers' statuses."""
    answers: list[int] = []
    ended = threading.Event()
    url = place.get(name)["status"]["predictUrl"]

    def run() -> None:
        while not ended.wait(0.2):
            answers.append(ask(url, {"input": "still there?"}).status)

    with ThreadPoolExecutor(1) as beside:
        asking = beside.submit(run)
        try:
            yield answers
        finally:
            ended.set()
        asking.result()
