"""The chart and the install without Helm, against a real API server. Nothing runs there: it has no node."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException
from tests.chart.helming import (
    CHART,
    EVERYTHING,
    NAMESPACE,
    PLATFORM,
    RELEASE,
    ROOT,
    Helm,
    HelmError,
    Manifest,
)
from tests.chart.openapi import write_schemas
from tests.world import succeeds, wait_for

from localcloud import tools
from localcloud.controlplane.run import ControlPlane
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store
from modelpoc.controller.watch import SecretWatch

pytestmark = pytest.mark.e2e

INSTALL = ROOT / "charts" / "install"
ONE_PLATFORM = {"platforms": [{"name": "default", "spec": PLATFORM}]}
POC = {
    "apiVersion": "modelpoc.dev/v1alpha1",
    "kind": "ModelPOC",
    "metadata": {"name": "cups", "namespace": "default", "finalizers": ["modelpoc.dev/aws"]},
    "spec": {"ecs": {"image": "local/echo:latest", "port": 8080}},
}
# The Prometheus operator's, as far as the API server needs it to know the kind.
SERVICE_MONITOR = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "servicemonitors.monitoring.coreos.com"},
    "spec": {
        "group": "monitoring.coreos.com",
        "scope": "Namespaced",
        "names": {"kind": "ServiceMonitor", "plural": "servicemonitors"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                        },
                    }
                },
            }
        ],
    },
}


class Kubectl:
    """kubectl of one cluster, as one user."""

    def __init__(self, plane: ControlPlane, kubeconfig: Path | None = None) -> None:
        self._command = [str(plane.binaries.kubectl), f"--kubeconfig={kubeconfig or plane.kubeconfig}"]

    def __call__(self, *words: str, given: object = None) -> str:
        text = None if given is None else json.dumps(given)
        done = subprocess.run(
            [*self._command, *words], input=text, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
        return done.stdout

    def apply(self, *manifests: Mapping[str, Any], words: tuple[str, ...] = ()) -> str:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        return self("apply", "--server-side", "--force-conflicts", "-f", "-", *words, given=listed)

    def names(self, kind: str) -> list[str]:
        return self("get", kind, "--all-namespaces", "-o", "name").split()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    running = ControlPlane.start(tmp_path_factory.mktemp("plane"), dies_with_us=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def kubectl(plane: ControlPlane) -> Kubectl:
    found = Kubectl(plane)
    found.apply(
        SERVICE_MONITOR,
        *(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}}
            for n in (NAMESPACE, "team-a", "team-b", "secrets")
        ),
    )
    established = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    assert wait_for(lambda: succeeds(lambda: found(*established)), 60)
    return found


@pytest.fixture
def cluster(plane: ControlPlane, tmp_path: Path) -> Helm:
    return Helm(tmp_path, plane.kubeconfig)


@pytest.fixture
def clean(kubectl: Kubectl, cluster: Helm) -> Iterator[None]:
    """Takes away what a test installed, whatever came of it."""
    yield
    if RELEASE in cluster.run("list", "--all-namespaces", "--short").split():
        cluster.run("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--no-hooks")
    kubectl("delete", "--ignore-not-found", "-f", str(INSTALL / "operator.yaml"))
    for kind in ("modelpocs", "modelplatforms"):
        if f"customresourcedefinition.apiextensions.k8s.io/{kind}.modelpoc.dev" in kubectl.names("crd"):
            for name in kubectl.names(kind):
                kubectl("patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
                kubectl("delete", name, "--wait=false", "--ignore-not-found")
            kubectl("delete", "crd", f"{kind}.modelpoc.dev")


def install(helm: Helm, action: str, values: Mapping[str, Any], *words: str) -> None:
    """Without hooks: their Jobs need a node. test_the_rights_of_the_upgrade_job… looks at what they do."""
    helm.run(
        action, RELEASE, str(CHART), f"--namespace={NAMESPACE}", "--no-hooks", *helm.values(values), *words
    )


def test_the_api_server_takes_everything_that_is_rendered(
    helm: Helm, cluster: Helm, kubectl: Kubectl, clean: None
) -> None:
    install(cluster, "install", {})  # the CRDs, so that platforms are known
    rendered = helm.template(EVERYTHING)
    told = kubectl.apply(*rendered, words=("--dry-run=server", "--validate=strict", "--field-manager=helm"))
    assert len(told.splitlines()) == len(rendered)


def test_kubeconform_finds_nothing_by_the_servers_own_description(
    helm: Helm, cluster: Helm, kubectl: Kubectl, tmp_path: Path, clean: None
) -> None:
    install(cluster, "install", {})
    where = write_schemas(json.loads(kubectl("get", "--raw", "/openapi/v2")), tmp_path)

    def judged(manifests: list[Manifest]) -> dict[str, Any]:
        command = [
            tools.ensure("kubeconform"),
            "-strict",
            f"-schema-location={where}",
            "-summary",
            "-output=json",
        ]
        text = yaml.safe_dump_all(manifests)
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    rendered = helm.template(EVERYTHING)
    plain = [
        m
        for file in ("namespace", "operator")
        for m in yaml.safe_load_all((INSTALL / f"{file}.yaml").read_text())
    ]
    said = judged([*rendered, *plain])
    assert said["resources"] == []
    assert said["summary"]["valid"] == len(rendered) + len(plain)
    wrong = next(m for m in rendered if m["kind"] == "Deployment")
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolicies"] = "Never"
    assert judged([wrong])["summary"]["invalid"] == 1  # it would have told


def test_kustomize_applies_once_and_then_finds_nothing_to_do(kubectl: Kubectl, clean: None) -> None:
    def versions() -> dict[str, str]:
        there = json.loads(kubectl("get", "--kustomize", str(INSTALL), "-o", "json"))["items"]
        return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in there}

    kubectl("apply", "--kustomize", str(INSTALL))
    first = versions()
    assert len(first) > 12
    kubectl("apply", "--kustomize", str(INSTALL))
    assert versions() == first
    kubectl("apply", "--server-side", "--force-conflicts", "--kustomize", str(INSTALL))
    second = versions()
    kubectl("apply", "--server-side", "--kustomize", str(INSTALL))
    assert versions() == second


def test_uninstalling_leaves_pocs_platforms_and_crds_and_installing_again_finds_them(
    cluster: Helm, kubectl: Kubectl, clean: None
) -> None:
    def kept() -> dict[str, str]:
        objects = json.loads(kubectl("get", "modelpocs,modelplatforms", "--all-namespaces", "-o", "json"))
        return {
            o["metadata"]["name"]: f"{o['metadata']['uid']} {o['metadata']['generation']}"
            for o in objects["items"]
        }

    install(cluster, "install", ONE_PLATFORM)
    kubectl.apply(POC)
    before = kept()
    assert set(before) == {"default", "cups"}
    told = cluster.run("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--no-hooks")
    assert "[ModelPlatform] default" in told
    assert kept() == before
    assert "deployment.apps/modelpoc-operator" not in kubectl.names("deployments")
    assert not [name for name in kubectl.names("clusterroles") if RELEASE in name]
    install(cluster, "install", ONE_PLATFORM)
    install(cluster, "upgrade", {"replicas": 3})  # a platform that leaves the values stays as well
    assert kept() == before


def test_what_the_api_server_says_of_a_platform_reaches_whoever_installs(cluster: Helm, clean: None) -> None:
    wrong = {"platforms": [{"name": "default", "spec": {**PLATFORM, "region": "europe"}}]}
    with pytest.raises(HelmError, match=r"spec\.region"):
        install(cluster, "install", wrong)


def test_the_rights_of_the_upgrade_job_suffice_for_its_work_and_for_nothing_else(
    helm: Helm, cluster: Helm, kubectl: Kubectl, plane: ControlPlane, clean: None
) -> None:
    install(cluster, "install", {})
    hooks = {
        m["kind"]: m
        for m in helm.template()
        if "pre-upgrade" in m["metadata"].get("annotations", {}).values()
    }
    role, binding = hooks["ClusterRole"], hooks["ClusterRoleBinding"]
    kubectl.apply(
        role,
        {
            **binding,
            "subjects": [{"kind": "User", "name": "upgrader", "apiGroup": "rbac.authorization.k8s.io"}],
        },
    )
    older = {"spec": {"names": {"categories": ["older"]}}}
    kubectl("patch", "crd", "modelpocs.modelpoc.dev", "--type=merge", "-p", json.dumps(older))
    kubectl("delete", "crd", "modelplatforms.modelpoc.dev")

    (container,) = hooks["Job"]["spec"]["template"]["spec"]["containers"]
    upgrader = plane.user_kubeconfig("upgrader")
    command = [str(Path(sys.executable).with_name("modelpoc")), *container["args"]]
    done = subprocess.run(
        command,
        env={**os.environ, "KUBECONFIG": str(upgrader)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    def of(file: str) -> Any:
        return yaml.safe_load((ROOT / "crds" / file).read_text())["spec"]["names"]["categories"]

    names = json.loads(kubectl("get", "crd", "modelpocs.modelpoc.dev", "-o", "json"))["spec"]["names"]
    assert names["categories"] == of("modelpocs.modelpoc.dev.yaml")
    assert "customresourcedefinition.apiextensions.k8s.io/modelplatforms.modelpoc.dev" in kubectl.names("crd")
    may = Kubectl(plane, upgrader)("auth", "can-i", "--list")
    assert "delete" not in may
    assert "secrets" not in may
    kubectl("delete", "clusterrole,clusterrolebinding", role["metadata"]["name"])


def test_the_operators_rights_in_the_cluster_are_those_that_were_rendered(
    cluster: Helm, kubectl: Kubectl, plane: ControlPlane, clean: None
) -> None:
    install(cluster, "install", {"sync": {"repo": "https://github.com/team/models", "namespace": "team-a"}})
    operator = plane.service_account_kubeconfig(NAMESPACE, RELEASE)

    def may(verb: str, what: str, namespace: str = "default") -> bool:
        words = [
            "auth",
            "can-i",
            verb,
            what,
            f"--namespace={namespace}",
            f"--as=system:serviceaccount:{NAMESPACE}:{RELEASE}",
        ]
        done = subprocess.run(
            [*kubectl._command, *words], capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout.strip() == "yes"

    # kubectl waits while the storage of a new CRD is being set up.
    Kubectl(plane, operator)("get", "modelpocs", "--all-namespaces")
    status = [
        str(Path(sys.executable).with_name("modelpoc")),
        "status",
        "--all-namespaces",
    ]  # before an uninstall
    environ = {**os.environ, "KUBECONFIG": str(operator)}
    shown = subprocess.run(status, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr
    assert may("update", f"leases.coordination.k8s.io/{RELEASE}", NAMESPACE)
    assert not may("update", "leases.coordination.k8s.io/another", NAMESPACE)
    assert not may("update", f"leases.coordination.k8s.io/{RELEASE}", "kube-system")
    assert may("delete", "modelpocs.modelpoc.dev", "team-a")
    assert not may("delete", "modelpocs.modelpoc.dev")
    assert not may("delete", "modelplatforms.modelpoc.dev")
    assert not may("create", "secrets")
    assert not may("create", "pods")


async def test_where_namespaces_are_named_the_operator_sees_their_secrets_and_may_read_no_others(
    cluster: Helm, kubectl: Kubectl, plane: ControlPlane, clean: None
) -> None:
    def secret(namespace: str, name: str) -> Manifest:
        meta = {"name": name, "namespace": namespace, "labels": {"modelpoc.dev/use": "true"}}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"key": name}}

    install(cluster, "install", {"secrets": {"namespaces": ["team-a"]}})
    kubectl.apply(secret("team-a", "theirs"), secret("secrets", "others"))
    operator = plane.service_account_kubeconfig(NAMESPACE, RELEASE)
    settings: Any = client.Configuration()
    await config.load_kube_config(str(operator), client_configuration=settings)
    store = Store()
    async with client.ApiClient(configuration=settings) as api, asyncio.timeout(90):
        watching = asyncio.create_task(SecretWatch(api, store, Queue(), ["team-a"]).run())
        await store.secrets_seen.wait()
        assert store.secret_names() == {("team-a", "theirs")}
        await asyncio.to_thread(kubectl.apply, secret("team-a", "later"))
        while ("team-a", "later") not in store.secret_names():  # noqa: ASYNC110 - the store tells no one
            await asyncio.sleep(0.1)
        watching.cancel()
        with pytest.raises(ApiException, match="Forbidden"):
            await client.CoreV1Api(api).list_secret_for_all_namespaces()
    kubectl("delete", "secret", "--namespace=team-a", "theirs", "later")
