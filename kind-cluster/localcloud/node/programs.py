"""The programs of a node: Kubernetes' own at the control plane's version, and containerd's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from localcloud.controlplane import binaries
from localcloud.controlplane.build import build
from localcloud.controlplane.programs import (
    KUBE_APISERVER,
    KUBERNETES_VERSION,
    Program,
    ask_version,
    kubernetes,
    minor,
)
from localcloud.controlplane.progress import Tell, silent

CONTAINERD_VERSION = "v2.3.3"
_CONTAINERD = "github.com/containerd/containerd/v2"


def _containerd(name: str) -> Program:
    stamp = f"{_CONTAINERD}/version.Version={CONTAINERD_VERSION}"
    package = f"{_CONTAINERD}/cmd/{name}"
    return Program(name, CONTAINERD_VERSION, package, ("--version",), (2, 2), (2, 99), (stamp,), "node")


_VERSION = ("--version",)
KUBERNETES = ("kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy")
CONTAINERD = ("containerd", "containerd-shim-runc-v2", "ctr")
# What the container of a Pod's own namespaces runs; built, as no image of it can be pulled here.
PAUSE = Program("pause", "v1.0.0", "modelpoc.dev/node/pause", _VERSION, (99, 0), module="node")
# None may be newer than the API server: https://kubernetes.io/releases/version-skew-policy/
_THIS = minor(KUBERNETES_VERSION)
PROGRAMS = (*(kubernetes(name, newest=_THIS) for name in KUBERNETES), *map(_containerd, CONTAINERD), PAUSE)


@dataclass(frozen=True)
class Programs:
    """Where they are: those of the control plane, and the node's by name."""

    plane: binaries.Binaries
    node: dict[str, Path]

    def __getitem__(self, name: str) -> Path:
        return self.node[name]


def ensure(tell: Tell = silent) -> Programs:
    """All of them, built where they are not there yet (some 5 minutes on two idle cores, once).

    Raises `BuildError` when one can neither be found nor built.
    """
    return Programs(_plane(tell), {p.name: binaries.ensure_program(p, tell) for p in PROGRAMS})


def _plane(tell: Tell) -> binaries.Binaries:
    """kubelet and controllers want an API server of their own version; alone, others do as well."""
    found = binaries.ensure(tell)
    if ask_version(KUBE_APISERVER, found.kube_apiserver) == _THIS:
        return found
    own = build(KUBE_APISERVER, binaries.cached(KUBE_APISERVER), tell)
    return replace(found, kube_apiserver=own)
