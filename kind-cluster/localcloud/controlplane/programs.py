"""The programs a control plane is made of, at the versions that `kind-cluster/controlplane/go.mod` pins."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

KUBERNETES_VERSION = "v1.36.3"
ETCD_VERSION = "v3.6.8"

Version = tuple[int, int]

_NUMBER = re.compile(r"\bv?(\d+)\.(\d+)\.\d+")


@dataclass(frozen=True)
class Program:
    """One program: where its source is, and which other versions found on this machine do as well.

    `oldest` and `newest` are inclusive (major, minor); they judge only what PATH offers.
    """

    name: str
    version: str
    package: str
    ask_version: Sequence[str]
    oldest: Version
    newest: Version | None = None
    linker_values: Sequence[str] = ()
    module: str = "controlplane"
    """Folder under kind-cluster/ whose go.mod pins it."""

    def accepts(self, version: Version) -> bool:
        """Whether a program of that version can stand in for the pinned one."""
        return self.oldest <= version and (self.newest is None or version <= self.newest)


def minor(version: str) -> Version:
    """`v1.36.3` → (1, 36)."""
    match = _NUMBER.search(version)
    if match is None:
        raise ValueError(f"{version!r} holds no version such as v1.36.3")
    return int(match[1]), int(match[2])


def kubernetes(
    name: str,
    ask_version: Sequence[str] = ("--version",),
    oldest: Version | None = None,
    newest: Version | None = None,
) -> Program:
    """A program of Kubernetes itself; `oldest` is this very minor version unless said otherwise."""
    major_number, minor_number = minor(KUBERNETES_VERSION)
    stamp = "k8s.io/component-base/version"
    return Program(
        name=name,
        version=KUBERNETES_VERSION,
        package=f"k8s.io/kubernetes/cmd/{name}",
        ask_version=ask_version,
        oldest=oldest or (major_number, minor_number),
        newest=newest,
        linker_values=(
            f"{stamp}.gitVersion={KUBERNETES_VERSION}",
            f"{stamp}.gitMajor={major_number}",
            f"{stamp}.gitMinor={minor_number}",
            f"{stamp}.gitTreeState=clean",
        ),
    )


_MAJOR, _MINOR = minor(KUBERNETES_VERSION)

ETCD = Program("etcd", ETCD_VERSION, "go.etcd.io/etcd/server/v3", ("--version",), (3, 5))
KUBE_APISERVER = kubernetes("kube-apiserver", ("--version",), (1, 32), None)
# https://kubernetes.io/releases/version-skew-policy/#kubectl: one minor version around the server's.
KUBECTL = kubernetes("kubectl", ("version", "--client"), (_MAJOR, _MINOR - 1), (_MAJOR, _MINOR + 1))


def ask_version(program: Program, path: Path) -> Version | None:
    """The version a program on this machine says it has; None when it says none."""
    try:
        answer = subprocess.run(
            [path, *program.ask_version], capture_output=True, text=True, timeout=30, check=True
        )
        return minor(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
