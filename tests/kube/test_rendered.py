"""What `modelpoc render` writes is, for Kubernetes, what was meant, and the second time nothing new."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.strategies import pocs
from tests.world import succeeds, wait_for

from localcloud.controlplane.run import ControlPlane
from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.catalog.kustomization import write

pytestmark = pytest.mark.local
CRDS = Path(__file__).resolve().parents[2] / "crds"

MISLEADING = [
    "y", "N", "yes", "on", "null", "~", "true", "1e3", "1E5", "-1e-5", "+1", ".5", "5.", "1_000", "0x1F",
    "0o17", "0b101", "017", "1:30", ".inf", ".NaN", "2027-01-31", "=", "<<", "", " lead", "trail ", "a: b",
    "a #b", "- x", "\ttab", "two\nlines\n", "quo'te", 'quo"te', "{x}", "*a", "&a", "!a", "%a", "@a", "`a",
    "\u2028", "ü", "😀", "123456789012345678901234567890", "1e400", "NaN", "Infinity", "0", "00", "1.", "1.0",
    "--- x", "---", "...",
]  # fmt: skip
"""Text that some parser of YAML takes for something else."""

RICH: dict[str, Any] = {
    "platformRef": {"name": "default"},
    "ecs": {
        "image": "local/echo:1e3",
        "env": [{"name": f"V{n}", "value": text} for n, text in enumerate(MISLEADING)],
        "secrets": [{"name": "TOKEN", "secretKeyRef": {"name": "tokens", "key": "a"}}],
        "healthCheck": {"path": "/health"},
        "scaling": {
            "min": 1,
            "max": 3,
            "target": {"cpuPercent": 50},
            "schedule": [{"name": "day", "cron": "0 8 ? * MON-FRI *", "min": 2}],
        },
        "command": ["sh", "-c", "echo: #1"],
    },
    "route": {"path": "/x/rich", "cors": {"allowOrigins": ["*"]}, "throttle": {"rate": 1, "burst": 1}},
    "notifications": {"events": []},
    "examples": [
        {"name": "object", "body": {"a": 1.0, "b": 1e3, "d": [None, 1.5, {"e": 2}], "f": {}, "g": []}},
        {"name": "text", "body": "a,b\n1,2\n", "contentType": "text/csv"},
        {"name": "number", "body": 0.1},
        {"name": "large", "body": 9007199254740992},
        {"name": "empty", "body": ""},
    ],
    "tags": {"team": "1e3", "on": "y"},
}
POOR = {"sagemaker": {"endpointConfigName": "given"}}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane.start(tmp_path_factory.mktemp("plane"), dies_with_us=True)
    kubectl(plane, "apply", "-f", str(CRDS))
    established = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    assert wait_for(lambda: succeeds(lambda: kubectl(plane, *established)), 60)
    yield plane
    plane.stop()


def kubectl(plane: ControlPlane, *words: str) -> str:
    command = [str(plane.binaries.kubectl), f"--kubeconfig={plane.kubeconfig}", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def poc(name: str, spec: dict[str, Any], configs: Path) -> ModelPOC:
    folder = configs / name
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    entry = catalog.load_one(folder)
    assert entry.poc is not None, list(map(str, entry.findings))
    return entry.poc


def apply(plane: ControlPlane, directory: Path, *flags: str) -> list[str]:
    return kubectl(plane, "apply", "-k", str(directory), *flags).splitlines()


def stored(plane: ControlPlane) -> dict[str, Any]:
    items = json.loads(kubectl(plane, "get", "modelpocs", "-A", "-o", "json"))["items"]
    return {item["metadata"]["name"]: item for item in items}


def test_what_was_written_is_what_kubernetes_reads(plane: ControlPlane, tmp_path: Path) -> None:
    write(tmp_path / "out", [catalog.render(poc("rich", RICH, tmp_path / "models_config"))])
    apply(plane, tmp_path / "out")
    spec = stored(plane)["rich"]["spec"]
    assert [variable["value"] for variable in spec["ecs"]["env"]] == MISLEADING
    assert [example["body"] for example in spec["examples"]] == [e["body"] for e in RICH["examples"]]
    assert spec["tags"] == RICH["tags"]


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_a_second_apply_changes_nothing(plane: ControlPlane, tmp_path: Path, flags: tuple[str, ...]) -> None:
    kubectl(plane, "delete", "modelpocs", "--all")
    out, configs = tmp_path / "out", tmp_path / "models_config"
    write(
        out, [catalog.render(poc(name, spec, configs)) for name, spec in {"rich": RICH, "poor": POOR}.items()]
    )
    apply(plane, out, *flags)
    said = apply(plane, out, *flags)
    if not flags:
        assert said == ["modelpoc.modelpoc.dev/poor unchanged", "modelpoc.modelpoc.dev/rich unchanged"]
    assert kubectl(plane, "diff", "-k", str(out), *flags) == ""
    before = stored(plane)
    apply(plane, out, *flags)
    assert stored(plane) == before, "down to the resourceVersion"


@settings(max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(pocs(), min_size=15, max_size=15))
def test_whatever_is_asked_for_is_unchanged_the_second_time(
    plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory, drawn: list[ModelPOC]
) -> None:
    kubectl(plane, "delete", "modelpocs", "--all")
    out = tmp_path_factory.mktemp("drawn")
    manifests = [catalog.render(one) for one in drawn]
    for number, manifest in enumerate(manifests):
        manifest["metadata"]["name"] = f"drawn-{number}"
    write(out, manifests)
    apply(plane, out)
    assert [line for line in apply(plane, out) if not line.endswith(" unchanged")] == []
