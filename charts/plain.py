"""The install without Helm, `kubectl apply -k charts/install`: what the chart renders with its defaults."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from charts.values import CHART
from localcloud import tools

INSTALL = Path(__file__).parent / "install"
NAMESPACE = "modelpoc-system"
RELEASE = "modelpoc-operator"

_HEAD = "# Written by `python -m charts` from charts/modelpoc-operator; do not edit.\n"
_OF_HELM = ("helm.sh/chart", "app.kubernetes.io/managed-by")
_KUSTOMIZATION = """\
# The operator without Helm:
#
#   kubectl apply --server-side -k charts/install
#
# Never `kubectl delete -k`: it takes the CRDs as well, and every POC with them. To take the operator alone:
#
#   kubectl delete -f charts/install/operator.yaml
#
# To set something, make a kustomization of your own with this folder among its `resources`, and patches.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- crds.yaml
- namespace.yaml
- operator.yaml
"""
# Nothing in it asks for more than the restricted level.
_IN_NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": NAMESPACE,
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    },
}

Manifest = dict[str, Any]


class RenderError(Exception):
    """Helm could not render the chart; the message is Helm's."""


def install() -> dict[str, str]:
    """Text by file name."""
    crds = [yaml.safe_load(file.read_text()) for file in sorted((CHART.parents[1] / "crds").glob("*.yaml"))]
    return {
        "kustomization.yaml": _HEAD + _KUSTOMIZATION,
        "crds.yaml": _dumped(crds),
        "namespace.yaml": _dumped([_IN_NAMESPACE]),
        "operator.yaml": _dumped([without_helm(manifest) for manifest in render("--no-hooks")]),
    }


def render(*words: str) -> list[Manifest]:
    """What `helm template` gives with these words more. Raises RenderError."""
    helm = str(tools.ensure("helm"))
    command = [helm, "template", RELEASE, str(CHART), f"--namespace={NAMESPACE}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RenderError(done.stderr.strip())
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def without_helm(manifest: Manifest) -> Manifest:
    """`manifest` without the labels that say that Helm keeps it."""
    if isinstance(manifest, dict):
        return {key: without_helm(value) for key, value in manifest.items() if key not in _OF_HELM}
    return [without_helm(item) for item in manifest] if isinstance(manifest, list) else manifest


def _dumped(manifests: Iterable[Manifest]) -> str:
    return _HEAD + yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True, width=110)
