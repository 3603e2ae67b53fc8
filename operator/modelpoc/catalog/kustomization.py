"""A directory of rendered manifests, for `kubectl apply -k`, Flux and Argo CD.

One file for each POC and a kustomization.yaml that names them. Every file says in its first line who wrote
it: only such files are ever replaced or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpoc.catalog.manifest import to_yaml

KUSTOMIZATION = "kustomization.yaml"
HEAD = "# Written by `modelpoc render`; do not edit.\n"


class Foreign(Exception):
    """A file that somebody else wrote stands where one of ours has to go."""


@dataclass(frozen=True)
class Written:
    """Names of files of the directory, sorted."""

    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def files(manifests: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The text of each file, by name; the same bytes for the same manifests."""
    by_name = {file_name(m["metadata"]["name"]): HEAD + to_yaml(m) for m in manifests}
    whole = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(by_name),
    }
    return {**dict(sorted(by_name.items())), KUSTOMIZATION: HEAD + to_yaml(whole)}


def file_name(poc: str) -> str:
    """`<name>.yaml`; no POC's name has a '_', so the one exception is nobody else's."""
    return "kustomization_.yaml" if f"{poc}.yaml" == KUSTOMIZATION else f"{poc}.yaml"


def write(directory: Path, manifests: Sequence[Mapping[str, Any]]) -> Written:
    """Makes the directory hold exactly these POCs, beside whatever of others it holds.

    Raises Foreign, before anything is written, where that would replace a file that is not ours.
    """
    wanted = files(manifests)
    directory.mkdir(parents=True, exist_ok=True)
    strangers = [name for name in wanted if _taken(directory / name) and not _ours(directory / name)]
    strangers += [n for n in ("kustomization.yml", "Kustomization") if (directory / n).exists()]
    if strangers:
        names = ", ".join(str(directory / name) for name in sorted(strangers))
        raise Foreign(f"{names}: not written by `modelpoc render`: move it, or give another --output-dir")
    changed = [name for name, text in wanted.items() if _text(directory / name) != text]
    gone = [path.name for path in directory.glob("*.yaml") if path.name not in wanted and _ours(path)]
    # The list goes last: until then it names only files that are there.
    for name in changed:
        (directory / name).write_text(wanted[name], encoding="utf-8", newline="\n")
    for name in gone:
        (directory / name).unlink()
    return Written(tuple(sorted(changed)), tuple(sorted(gone)), tuple(sorted(wanted.keys() - set(changed))))


def _taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _ours(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and _text(path).startswith(HEAD)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
