"""Programs that the chart is tried with: helm, kubeconform and kube-score.

One on PATH of a fitting version is taken; else it is built once into the cache, from the modules pinned in
`kind-cluster/tools/`. helm stands in a module of its own, as kube-score needs a Kubernetes of long ago.
"""

from __future__ import annotations

from pathlib import Path

from localcloud.controlplane.binaries import ensure_program
from localcloud.controlplane.errors import BuildError
from localcloud.controlplane.programs import Program
from localcloud.controlplane.progress import Tell, silent

HELM = Program(
    "helm",
    "v4.3.1",
    "helm.sh/helm/v4/cmd/helm",
    ("version", "--template", "{{.Version}}"),
    oldest=(4, 1),
    newest=(4, 99),
    linker_values=("helm.sh/helm/v4/internal/version.version=v4.3.1",),
    module="tools/helm",
)
KUBECONFORM = Program(
    "kubeconform",
    "v0.8.0",
    "github.com/yannh/kubeconform/cmd/kubeconform",
    ("-v",),
    oldest=(0, 7),
    linker_values=("main.version=v0.8.0",),
    module="tools/checks",
)
KUBE_SCORE = Program(
    "kube-score",
    "v1.20.0",
    "github.com/zegl/kube-score/cmd/kube-score",
    ("version",),
    oldest=(1, 20),
    linker_values=("main.version=1.20.0",),
    module="tools/checks",
)

PROGRAMS = {program.name: program for program in (HELM, KUBECONFORM, KUBE_SCORE)}


def ensure(name: str, tell: Tell = silent) -> Path:
    """The path of `helm`, `kubeconform` or `kube-score`, built first if need be (minutes, once).

    `tell` hears how far it is.
    Raises `BuildError` when it can neither be found nor built.
    """
    return ensure_program(PROGRAMS[name], tell)


__all__ = ["HELM", "KUBECONFORM", "KUBE_SCORE", "PROGRAMS", "BuildError", "ensure"]
