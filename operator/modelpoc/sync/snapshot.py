"""What one commit says: manifests, or findings."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from modelpoc import catalog
from modelpoc.api.meta import COMMIT, SOURCE, SYNCED_FROM
from modelpoc.catalog import CONFIG, Finding
from modelpoc.catalog.finding import Severity
from modelpoc.catalog.neighbours import neighbour_findings
from modelpoc.sync.clone import LARGEST_FILE, Clone, Listed
from modelpoc.sync.credentials import Credentials
from modelpoc.sync.source import Source

Manifest = dict[str, Any]

_LINK = "120000"


@dataclass(frozen=True)
class Snapshot:
    """One commit of a source. With findings it asks for nothing."""

    commit: str
    manifests: Mapping[str, Manifest]
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> bool:
        return bool(self.findings)


async def read(
    clone: Clone,
    source: Source,
    commit: str,
    namespace: str,
    credentials: Credentials,
    before: Snapshot | None = None,
) -> Snapshot:
    """What `commit` says, read as `modelpoc render` reads a folder. `before`: an ancestor, which spares work.

    Raises RepositoryError.
    """
    listed = [file for file in await clone.files(commit, source.path) if file.path != source.path]
    if not listed:
        return Snapshot(commit, {}, (_missing(source),))
    configs, left_out = _configs(listed, source.path), await clone.left_out(commit, source.path)
    sizes = await clone.sizes(credentials, [f.oid for f in configs if f.oid not in left_out])
    small = [f for f in configs if sizes.get(f.oid, LARGEST_FILE + 1) <= LARGEST_FILE]
    contents = await clone.contents(credentials, sorted({file.oid for file in small}))
    texts = {file.path: contents[file.oid] for file in small}
    found = await asyncio.to_thread(_load, source.path, listed, texts, namespace)
    large = [_large(f) for f in configs if f not in small]
    links = [_link(file) for file in listed if _is_link(file, source.path)]
    wrong = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    findings = tuple(sorted([*_instead(wrong, [*large, *links]), *large, *links]))
    if findings:
        return Snapshot(commit, {}, findings)
    commits = await _commits(clone, source, commit, found.pocs, before)
    manifests = {name: marked(catalog.render(poc), source, commits[name]) for name, poc in found.pocs.items()}
    return Snapshot(commit, manifests)


async def _commits(
    clone: Clone, source: Source, commit: str, names: Iterable[str], before: Snapshot | None
) -> dict[str, str]:
    """For each POC the last commit that touched its folder; looked up only where that may have changed."""
    known: dict[str, str] = {}
    if before is not None and before.manifests:
        files = await clone.touched(before.commit, commit, source.path)
        moved = {folder_of(Path(file), source.path) for file in files}
        known = {name: _commit(m) for name, m in before.manifests.items() if name not in moved}
    paths = {name: str(PurePosixPath(source.path) / name) for name in names if name not in known}
    found = await clone.last_touched(commit, list(paths.values()))
    return {**known, **{name: found[path] for name, path in paths.items()}}


def _commit(manifest: Manifest) -> str:
    return str(manifest["metadata"]["annotations"][COMMIT])


def marked(manifest: Manifest, source: Source, commit: str) -> Manifest:
    """`manifest` with where it came from."""
    meta = manifest["metadata"]
    labels = {**meta.get("labels", {}), SYNCED_FROM: source.key}
    annotations = {**meta.get("annotations", {}), COMMIT: commit, SOURCE: source.shown}
    return {**manifest, "metadata": {**meta, "labels": labels, "annotations": annotations}}


def folder_of(file: Path, path: str) -> str:
    """The POC that a file of the repository belongs to; "" for none."""
    parts = file.parts if path == "." else file.parts[len(PurePosixPath(path).parts) :]
    return parts[0] if parts else ""


def _load(path: str, listed: Iterable[Listed], texts: Mapping[str, bytes], namespace: str) -> catalog.Catalog:
    """Lays the configurations out as they stand in the repository, and reads them from there."""
    with tempfile.TemporaryDirectory(prefix="modelpoc-sync-") as scratch:
        root = Path(scratch)
        (root / path).mkdir(parents=True, exist_ok=True)
        for folder in {name for file in listed if (name := _folder(file, path))}:
            (root / path / folder).mkdir(exist_ok=True)
        for file, text in texts.items():
            (root / file).write_bytes(text)
        found = catalog.load(root / path, namespace)
        findings = [*found.findings, *neighbour_findings(found.entries, {})]
        return replace(found, findings=tuple(_relative(finding, root) for finding in findings))


def _relative(finding: Finding, root: Path) -> Finding:
    """As seen from the repository's root: where it was read is nobody's concern."""
    file = finding.file.relative_to(root) if finding.file.is_relative_to(root) else finding.file
    return replace(finding, file=file, message=finding.message.replace(f"{root}/", ""))


def _parts(file: Listed, path: str) -> tuple[str, ...]:
    parts = PurePosixPath(file.path).parts
    return parts if path == "." else parts[len(PurePosixPath(path).parts) :]


def _folder(file: Listed, path: str) -> str:
    """The POC's folder that holds `file`; "" for none. A name of dots could lead out of ours."""
    parts = _parts(file, path)
    return parts[0] if len(parts) > 1 and not any(part.startswith(".") for part in parts[:2]) else ""


def _configs(listed: Iterable[Listed], path: str) -> list[Listed]:
    return [
        file
        for file in listed
        if file.mode != _LINK and _folder(file, path) and _parts(file, path)[1:] == (CONFIG,)
    ]


def _is_link(file: Listed, path: str) -> bool:
    """A link where a POC's folder or its configuration should be."""
    parts = _parts(file, path)
    hidden = any(part.startswith(".") for part in parts)
    return file.mode == _LINK and not hidden and (len(parts) == 1 or parts[1:] == (CONFIG,))


def _link(file: Listed) -> Finding:
    words = "this is a symbolic link: sync reads nothing but what Git holds; put the file itself here"
    return Finding(Path(file.path), 1, 1, "", words)


def _missing(source: Source) -> Finding:
    words = (
        f"{source.shown} has no such folder: name it with --path; keep a README in it when the last POC goes"
    )
    return Finding(Path(source.path), 1, 1, "", words)


def _large(file: Listed) -> Finding:
    words = f"larger than {LARGEST_FILE // 1024} KiB: a configuration is a few lines"
    return Finding(Path(file.path), 1, 1, "", words)


def _instead(findings: Iterable[Finding], others: Iterable[Finding]) -> list[Finding]:
    """Without those that say of a file that it is not there, where another says why."""
    known = {finding.file for finding in others}
    return [finding for finding in findings if finding.file not in known]
