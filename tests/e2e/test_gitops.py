"""The other two ways from Git: what `modelpoc render` writes, applied by kubectl as Flux and Argo CD do."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.repositories import config, file
from tests.e2e.sync_place import api_server
from tests.e2e.test_admission import Kubectl

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
FULL = """
ecs:
  image: local/echo:latest  # the tag moves
  port: 8081
  cpu: 512
  memory: 1024
  env:
    - {name: ZETA, value: "1"}
    - {name: ALPHA, value: "on"}
  secrets:
    - {name: KEY, ssmParameterArn: "arn:aws:ssm:eu-west-1:000000000000:parameter/key"}
  scaling: {min: 1, max: 3, target: {cpuPercent: 60}}
  command: [python, -m, serve]
route:
  auth: {type: None}
  cors: {allowOrigins: ["https://b.example", "https://a.example"]}
ttl: 14d
examples:
  - {name: one, body: {input: [1, 2.0, 3.5, null, true]}}
  - {name: "two", body: text}
"""
OLDER = """
app:
  container:
    image: PLACEHOLDER
    run_time:
      env:
        - {name: S3_BUCKET, value: models}
        - {name: ROOT_PATH, value: poc-deployment/older}
  port_mapping:
    port: 8080
"""
ENDPOINT = """
sagemaker:
  image: local/sm-echo:latest
  serverless: {memory: 2048, maxConcurrency: 5}
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    with api_server(tmp_path_factory.mktemp("plane")) as kubectl:
        yield kubectl


@pytest.fixture
def namespace(kubectl: Kubectl) -> str:
    name = f"gitops-{secrets.token_hex(3)}"
    kubectl.must("create", "namespace", name)
    return name


@pytest.fixture
def rendered(namespace: str, tmp_path: Path) -> Path:
    """A repository with a POC of every form, rendered."""
    texts = {"plain": config(), "full": FULL, "older": OLDER, "endpoint": ENDPOINT}
    for name, text in texts.items():
        where = tmp_path / "repository" / file(name)
        where.parent.mkdir(parents=True)
        where.write_text(text)
    return render(tmp_path / "repository" / "models_config", namespace, tmp_path / "pocs")


def render(source: Path, namespace: str, into: Path) -> Path:
    words = ("render", str(source), "--output-dir", str(into), "--namespace", namespace)
    program = Path(sys.executable).parent / "modelpoc"
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return into


def test_kubectl_apply_k_finds_nothing_to_do_the_second_time(kubectl: Kubectl, rendered: Path) -> None:
    first = kubectl.must("apply", "-k", str(rendered)).splitlines()
    assert sorted(line.split(" ", 1)[1] for line in first) == ["created"] * 4
    second = kubectl.must("apply", "-k", str(rendered)).splitlines()
    assert [line.split(" ", 1)[1] for line in second] == ["unchanged"] * 4
    assert kubectl("diff", "-k", str(rendered)).stdout == ""


def test_server_side_apply_leaves_no_difference(kubectl: Kubectl, rendered: Path, namespace: str) -> None:
    for _ in range(2):
        kubectl.must("apply", "--server-side", "-k", str(rendered))
        diff = kubectl("diff", "--server-side", "-k", str(rendered))
        assert (diff.returncode, diff.stdout) == (0, "")
    before = versions(kubectl, namespace)
    kubectl.must("apply", "--server-side", "-k", str(rendered))
    assert versions(kubectl, namespace) == before


def test_this_repository_applies_too(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    rendered = render(ROOT / "models_config", namespace, tmp_path / "pocs")
    kubectl.must("apply", "-k", str(rendered))
    lines = kubectl.must("apply", "-k", str(rendered)).splitlines()
    assert lines
    assert all(line.endswith("unchanged") for line in lines)


def test_a_poc_that_left_is_named_by_nothing(rendered: Path, namespace: str, tmp_path: Path) -> None:
    """Flux and Argo CD prune what the kustomization no longer names."""
    (tmp_path / "repository" / file("plain")).unlink()
    (tmp_path / "repository" / file("plain")).parent.rmdir()
    render(tmp_path / "repository" / "models_config", namespace, rendered)
    assert "plain" not in "".join(path.name + path.read_text() for path in rendered.iterdir())


def versions(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    items = json.loads(kubectl.must("get", "modelpocs", "-n", namespace, "-o", "json"))["items"]
    return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in items}


def documents(name: str) -> dict[str, dict[str, Any]]:
    return {d["kind"]: d for d in yaml.safe_load_all((ROOT / "docs" / "gitops" / name).read_text())}


def test_the_manifest_for_argo_cd_holds_what_an_application_has() -> None:
    """Flux's is read by Flux's own types in tests/kstatus; Argo CD's cannot be imported."""
    spec = documents("argocd.yaml")["Application"]["spec"]
    assert set(spec) == {"project", "source", "destination", "syncPolicy", "ignoreDifferences"}
    assert set(spec["source"]) == {"repoURL", "targetRevision", "path"}
    assert all(option.partition("=")[2] == "true" for option in spec["syncPolicy"]["syncOptions"])
