"""What the operator may do in a control plane of ours: the chart's rules, and no more.

There are no Pods, so it comes as its ServiceAccount by a client certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from localcloud.controlplane.audit import GROUPS, NAMESPACE, OPERATOR, SYNC
from localcloud.controlplane.run import ControlPlane

__all__ = ["NAMESPACE", "OPERATOR", "RULES", "SYNC", "file_of", "kubeconfig", "manifests", "syncing_into"]

RULES = Path(__file__).resolve().parents[2] / "charts" / "modelpoc-operator" / "files" / "rbac.yaml"
"""In the checkout. An installed package has no chart beside it."""
_API = "rbac.authorization.k8s.io/v1"

Manifest = dict[str, Any]


def manifests(rules: Path, *, syncs_into: Iterable[str] = ()) -> list[Manifest]:
    """Roles and bindings out of a file of rules (operator and sync, each `cluster` and `namespaced`).

    The operator gets its own, and those of sync if it is to sync into some namespaces, which must exist.
    `modelpoc sync` on its own has both, in the same places.
    """
    of = yaml.safe_load(rules.read_text(encoding="utf-8"))
    into = tuple(syncs_into)
    syncing = (OPERATOR, SYNC) if into else (SYNC,)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    return [
        namespace,
        *_everywhere("modelpoc-operator", of["operator"]["cluster"], (OPERATOR, SYNC)),
        *_within(NAMESPACE, "modelpoc-operator", of["operator"]["namespaced"], (OPERATOR,)),
        *_everywhere("modelpoc-operator-sync", of["sync"]["cluster"], syncing),
        *(m for n in into for m in syncing_into(rules, n)),
    ]


def syncing_into(rules: Path, namespace: str) -> list[Manifest]:
    """What a sync may do in the namespace that it fills."""
    of = yaml.safe_load(rules.read_text(encoding="utf-8"))
    return _within(namespace, "modelpoc-operator-sync", of["sync"]["namespaced"], (OPERATOR, SYNC))


def kubeconfig(plane: ControlPlane, user: str = OPERATOR) -> Path:
    """Written anew: the operator's, or that of `SYNC`."""
    return plane.user_kubeconfig(user, GROUPS, file_of(plane, user))


def file_of(plane: ControlPlane, user: str = OPERATOR) -> Path:
    """Where `kubeconfig` writes it."""
    return plane.directory / f"kubeconfig-{user.rpartition(':')[2]}"


def _everywhere(name: str, rules: Sequence[Manifest], users: Iterable[str]) -> list[Manifest]:
    return _bound("Cluster", {"name": name}, rules, users)


def _within(namespace: str, name: str, rules: Sequence[Manifest], users: Iterable[str]) -> list[Manifest]:
    return _bound("", {"name": name, "namespace": namespace}, rules, users)


def _bound(scope: str, metadata: Manifest, rules: Sequence[Manifest], users: Iterable[str]) -> list[Manifest]:
    group = _API.partition("/")[0]
    role = {"apiVersion": _API, "kind": f"{scope}Role", "metadata": metadata, "rules": rules}
    binding = {
        "apiVersion": _API,
        "kind": f"{scope}RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": f"{scope}Role", "name": metadata["name"]},
        "subjects": [{"kind": "User", "apiGroup": group, "name": user} for user in users],
    }
    return [role, binding]
