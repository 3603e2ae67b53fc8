"""Where etcd, kube-apiserver and kubectl come from.

In this order: `$KUBEBUILDER_ASSETS` (taken as it is: who sets it means it), `PATH` (when its version does:
see `programs`), the cache, and last a build from the pinned Go module into the cache.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud.context import default_cache_dir
from localcloud.controlplane.build import build
from localcloud.controlplane.programs import (
    ETCD,
    KUBE_APISERVER,
    KUBECTL,
    Program,
    Version,
    ask_version,
)
from localcloud.controlplane.progress import Tell, silent

VersionOf = Callable[[Program, Path], Version | None]


@dataclass(frozen=True)
class Binaries:
    """Paths of the programs of one control plane."""

    etcd: Path
    kube_apiserver: Path
    kubectl: Path


def ensure(tell: Tell = silent) -> Binaries:
    """All programs, built where they are not there yet (minutes, once); `tell` hears how far it is.

    Raises `BuildError` when one can neither be found nor built.
    """
    return Binaries(
        etcd=ensure_program(ETCD, tell),
        kube_apiserver=ensure_program(KUBE_APISERVER, tell),
        kubectl=ensure_program(KUBECTL, tell),
    )


def ensure_program(program: Program, tell: Tell = silent) -> Path:
    """The path of one program, building it first if need be."""
    return find(program) or build(program, cached(program), tell)


def find(program: Program, version_of: VersionOf = ask_version) -> Path | None:
    """Where the program is on this machine, or None. `version_of` asks one found on PATH for its version."""
    return _in_assets(program) or _on_path(program, version_of) or _in_cache(program)


def cached(program: Program) -> Path:
    """Where a built program is kept, whether or not it is there."""
    return default_cache_dir() / "bin" / program.version / program.name


def _in_assets(program: Program) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    return _runnable(Path(assets) / program.name) if assets else None


def _on_path(program: Program, version_of: VersionOf) -> Path | None:
    """The first one on PATH, if its version does."""
    found = shutil.which(program.name)
    if found is None:
        return None
    version = version_of(program, Path(found))
    return Path(found) if version is not None and program.accepts(version) else None


def _in_cache(program: Program) -> Path | None:
    return _runnable(cached(program))


def _runnable(path: Path) -> Path | None:
    return path if path.is_file() and os.access(path, os.X_OK) else None
