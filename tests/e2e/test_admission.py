"""What the API server admits and refuses, asked of a real kube-apiserver through kubectl."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from tests.invalid_specs import CASES, PARAMETER, PLATFORM, POC, SAGEMAKER_POC, Invalid
from tests.strategies import spec_dicts
from tests.world import wait_for

from localcloud.controlplane.run import ControlPlane
from modelpoc.api.crd import rendered
from modelpoc.api.problems import InvalidObject, parse_platform, parse_poc

pytestmark = pytest.mark.e2e

Path: TypeAlias = tuple[str | int, ...]


class Kubectl:
    """kubectl against one control plane."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self._program = str(plane.binaries.kubectl)
        self.environ = {**os.environ, "KUBECONFIG": str(plane.kubeconfig)}

    def __call__(self, *words: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *words],
            input=None if stdin is None else stdin if isinstance(stdin, str) else json.dumps(stdin),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def must(self, *words: str, stdin: Any = None) -> str:
        done = self(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    plane = ControlPlane.start(tmp_path_factory.mktemp("plane"), dies_with_us=True)
    try:
        kubectl = Kubectl(plane)
        with_crds(kubectl)
        yield kubectl
    finally:
        plane.stop()


def with_crds(kubectl: Kubectl) -> None:
    """Ours, served and explained: `kubectl wait` fails where they have no conditions yet."""
    for text in rendered().values():
        kubectl.must("apply", "--server-side", "-f", "-", stdin=text)
    for kind in ("modelpocs", "modelplatforms"):
        for words in (("get", kind), ("explain", f"{kind}.spec")):
            assert wait_for(lambda words=words: kubectl(*words).returncode == 0, 60), words


@pytest.fixture(scope="module")
def refusals(kubectl: Kubectl) -> Mapping[str, subprocess.CompletedProcess[str]]:
    """What kubectl says to each case; asked a few at a time."""

    def ask(case: Invalid) -> subprocess.CompletedProcess[str]:
        return kubectl("create", "--dry-run=server", "-f", "-", stdin=case.object)

    with ThreadPoolExecutor(4) as pool:
        return dict(zip((case.id for case in CASES), pool.map(ask, CASES), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused_with_field_and_cure(
    case: Invalid, refusals: Mapping[str, subprocess.CompletedProcess[str]]
) -> None:
    done = refusals[case.id]
    assert done.returncode != 0, "admitted"
    lines = done.stderr.splitlines()
    assert any((case.api_says or case.says) in line and case.field in line for line in lines), done.stderr


def _changed(base: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    result = copy.deepcopy(dict(base))
    result["spec"] |= spec
    return result


FULL = _changed(
    POC,
    ecs={
        "image": "PLACEHOLDER",
        "cpu": 8192,
        "memory": 20480,
        "env": [{"name": "ROOT_PATH", "value": ""}],
        "secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}],
        "scaling": {
            "min": 0,
            "max": 4,
            "target": {"requestsPerTarget": 100},
            "schedule": [{"name": "day", "cron": "0 8 ? * MON-FRI *", "min": 1, "timezone": "Europe/Madrid"}],
        },
    },
    expiresAt="2028-02-29T12:00:00.5+01:00",
    route={"path": "/a/b.c", "priority": 50000, "auth": {"type": "JWT", "authorizer": "login"}},
    tags={"cost centre": "a/b", "team": ""},
    examples=[{"name": "one", "body": {"input": ["a", {"deep": None}]}}, {"name": "two", "body": "a,b"}],
)


@pytest.mark.parametrize(
    "valid", [POC, SAGEMAKER_POC, PLATFORM, FULL], ids=["ecs", "sagemaker", "platform", "full"]
)
def test_valid_objects_are_admitted(kubectl: Kubectl, valid: Mapping[str, Any]) -> None:
    kubectl.must("create", "--dry-run=server", "-f", "-", stdin=valid)


def test_defaults_of_the_server_are_those_of_the_models(kubectl: Kubectl) -> None:
    stored = json.loads(kubectl.must("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=FULL))
    assert parse_poc(stored).spec == parse_poc(FULL).spec


@pytest.mark.parametrize(
    ("base", "patch", "says"),
    [
        (POC, {"platformRef": {"name": "other"}}, "platformRef cannot change"),
        (PLATFORM, {"ownerId": "other"}, "ownerId cannot change"),
        (PLATFORM, {"accountId": "210987654321"}, "accountId cannot change"),
        (PLATFORM, {"region": "eu-central-1"}, "region cannot change"),
    ],
    ids=["platformRef", "ownerId", "accountId", "region"],
)
def test_what_cannot_change(
    kubectl: Kubectl, base: Mapping[str, Any], patch: Mapping[str, Any], says: str
) -> None:
    kubectl.must("apply", "-f", "-", stdin=base)
    try:
        change = json.dumps({"spec": patch})
        done = kubectl("patch", base["kind"], base["metadata"]["name"], "--type=merge", f"--patch={change}")
        assert done.returncode != 0
        assert says in done.stderr
    finally:
        kubectl.must("delete", base["kind"], base["metadata"]["name"])


def test_a_poc_may_switch_its_runtime(kubectl: Kubectl) -> None:
    kubectl.must("apply", "-f", "-", stdin=POC)
    try:
        kubectl.must("apply", "-f", "-", stdin=SAGEMAKER_POC)
    finally:
        kubectl.must("delete", "poc", POC["metadata"]["name"])


def test_columns_and_names(kubectl: Kubectl) -> None:
    kubectl.must("apply", "-f", "-", stdin=POC)
    try:
        status = {
            "runtime": "ecs",
            "url": "https://example.org/poc-deployment/experience-linker",
            "revision": "r-1",
            "expiresAt": "2027-01-31T18:00:00Z",
            "estimatedMonthlyCost": "8.93 USD",
            "reason": "RollingOut",
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "RollingOut",
                    "message": "x",
                    "lastTransitionTime": "2026-11-22T10:00:00Z",
                }
            ],
        }
        kubectl.must(
            "patch", "poc", "experience-linker", "--subresource=status", "--type=merge",
            f"--patch={json.dumps({'status': status})}",
        )  # fmt: skip
        header, row = (line.split() for line in kubectl.must("get", "poc").splitlines())
        assert header == ["NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE"]
        assert row[:5] == ["experience-linker", "ecs", "False", "RollingOut", status["url"]]
        wide = kubectl.must("get", "modelpocs", "-o", "wide")
        assert wide.splitlines()[0].split()[-4:] == ["REVISION", "EXPIRES", "COST", "COMMIT"]
        assert "8.93 USD" in wide
        assert "experience-linker" in kubectl.must("get", "modelpoc")
    finally:
        kubectl.must("delete", "poc", "experience-linker")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("modelpoc.spec.ecs.image", "PLACEHOLDER while the real one is being built"),
        ("modelpoc.spec.ttl", "after its creation or last resume"),
        ("modelpoc.status.failedRevision", "not tried again until the spec changes"),
        ("modelplatform.spec.allow", "What POCs may ask for"),
    ],
)
def test_explain(kubectl: Kubectl, field: str, says: str) -> None:
    assert says in " ".join(kubectl.must("explain", field).split())


def test_status_is_its_own_subresource_and_fresh_objects_are_not_settled(kubectl: Kubectl) -> None:
    stored = json.loads(
        kubectl.must(
            "create", "--dry-run=server", "-o", "json", "-f", "-", stdin={**POC, "status": {"url": "x"}}
        )
    )
    assert stored["status"] == {"observedGeneration": -1}


JUNK = (
    None, "", -1, 0, True, "a b", "é", "x\n", [], {}, 1.5, 2.0, 10**12, ["x", "x"], [None], {"zz": 1},
    {"zz": None}, "x" * 3000, "1", "None",
)  # fmt: skip
BASES = (FULL, SAGEMAKER_POC, PLATFORM)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from _paths(child, (*path, key))


def _with(base: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(dict(base))
    target: Any = result
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return result


def _accepted(data: Mapping[str, Any]) -> bool:
    try:
        (parse_poc if data["kind"] == "ModelPOC" else parse_platform)(data)
    except InvalidObject:
        return False
    return True


def test_models_and_server_agree_on_whatever_is_put_anywhere(kubectl: Kubectl) -> None:
    spoilt = [
        _with(base, ("spec", *path), junk)
        for base in BASES
        for path in _paths(base["spec"])
        if path
        for junk in JUNK
    ]
    sample = random.Random(1).sample(spoilt, 150)

    def admitted(data: Mapping[str, Any]) -> bool:
        return kubectl("create", "--dry-run=server", "-f", "-", stdin=data).returncode == 0

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(admitted, sample))
    assert {True, False} == set(answers)
    assert [data for data, answer in zip(sample, answers, strict=True) if answer != _accepted(data)] == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=spec_dicts())
def test_every_valid_spec_is_admitted_and_means_the_same(kubectl: Kubectl, spec: dict[str, Any]) -> None:
    stored = json.loads(
        kubectl.must("create", "--dry-run=server", "-o", "json", "-f", "-", stdin={**POC, "spec": spec})
    )
    assert parse_poc(stored).spec == parse_poc({**POC, "spec": spec}).spec
