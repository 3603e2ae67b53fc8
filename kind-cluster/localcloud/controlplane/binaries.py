"""Where etcd, kube-apiserver and kubectl come from.

In this order: `$KUBEBUILDER_ASSETS` (taken as it is: who sets it means it), `PATH` (when its version does:
see `programs`), the cache, and last a build from the pinned Go module into the cache.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
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


def ensure(tell: Tell = silent, environ: Mapping[str, str] | None = None) -> Binaries:
    """All programs, built where they are not there yet (minutes, once); `tell` hears how far it is.

    Raises `BuildError` when one can neither be found nor built.
    """
    return Binaries(
        etcd=ensure_program(ETCD, tell, environ),
        kube_apiserver=ensure_program(KUBE_APISERVER, tell, environ),
        kubectl=ensure_program(KUBECTL, tell, environ),
    )


def ensure_program(program: Program, tell: Tell = silent, environ: Mapping[str, str] | None = None) -> Path:
    """The path of one program, building it first if need be."""
    return find(program, environ) or build(program, cached(program), tell)


def find(
    program: Program, environ: Mapping[str, str] | None = None, version_of: VersionOf = ask_version
) -> Path | None:
    """Where the program is on this machine, or None."""
    environ = os.environ if environ is None else environ
    in_assets = Path(environ.get("KUBEBUILDER_ASSETS") or os.devnull) / program.name
    in_cache = cached(program, environ)
    if _runs(in_assets):
        return in_assets
    if (on_path := _on_path(program, environ, version_of)) is not None:
        return on_path
    return in_cache if _runs(in_cache) else None


def cached(program: Program, environ: Mapping[str, str] | None = None) -> Path:
    """Where a built program is kept, whether or not it is there."""
    return default_cache_dir() / "bin" / program.version / program.name


def _on_path(program: Program, environ: Mapping[str, str], version_of: VersionOf) -> Path | None:
    """The first one on PATH, if its version does."""
    found = shutil.which(program.name, path=environ.get("PATH", ""))
    if found is None:
        return None
    version = version_of(program, Path(found))
    return Path(found) if version is not None and program.accepts(version) else None


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
