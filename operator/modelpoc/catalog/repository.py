"""A whole repository: `models/` and `models_config/` beside each other, and what must fit between them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from modelpoc.catalog.catalog import CONFIG, DEFAULT_NAMESPACE, Entry, load
from modelpoc.catalog.files import found
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.habits import habit_findings
from modelpoc.catalog.links import stray_links
from modelpoc.catalog.model_folder import model_findings
from modelpoc.catalog.naming import is_good, objection
from modelpoc.catalog.neighbours import neighbour_findings

_YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Repository:
    """Where the two halves are, and what holds for the POCs' objects."""

    models: Path
    configs: Path
    namespace: str = DEFAULT_NAMESPACE
    base_paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """What was found, and the configurations it was found in."""

    names: tuple[str, ...]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]

    @property
    def fails(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)


def check(repository: Repository, now: datetime) -> Checked:
    """Everything that can be said without a cluster. Raises FileNotFoundError without configurations."""
    catalog = load(repository.configs, repository.namespace)
    models = _folders(repository.models) if repository.models.is_dir() else None
    configs = {entry.name for entry in catalog.entries}
    names = tuple(sorted(configs | set(models or ())))
    return Checked(names, catalog.entries, tuple(sorted(set(_all(repository, catalog.entries, models, now)))))


def about(findings: Iterable[Finding], repository: Repository, names: Collection[str]) -> Iterator[Finding]:
    """Those of `findings` that concern one of `names`, or no single POC."""
    sides = (repository.models, repository.configs)
    folders = {side / name for name in names for side in sides}
    for finding in findings:
        within = {finding.file, *finding.file.parents}
        of_a_poc = any(side in finding.file.parents for side in sides)
        if not of_a_poc or folders & within:
            yield finding


def _all(
    repository: Repository, entries: tuple[Entry, ...], models: list[str] | None, now: datetime
) -> Iterator[Finding]:
    configs = [entry.name for entry in entries]
    yield from _names(repository.configs, configs)
    yield from _stray_files(repository.configs)
    for entry in entries:
        yield from _config(repository.configs / entry.name, entry, now)
    yield from neighbour_findings(entries, repository.base_paths)
    if models is None:
        words = "is missing, so only the configurations were looked at: lay down a model, or say --models-dir"
        yield found(repository.models, "pair", words, severity=Severity.WARNING)
        return
    yield from _names(repository.models, models)
    yield from _alone(repository, configs, models)
    for name in models:
        yield from model_findings(repository.models / name)


def _folders(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.is_dir() and path.name[0] != ".")


def _names(side: Path, names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if words := objection(name):
            yield found(side / name, "name", words)


def _stray_files(configs: Path) -> Iterator[Finding]:
    for path in sorted(configs.iterdir()):
        if path.suffix in _YAML and not path.is_dir():
            words = f"is no POC where it stands: put it at {path.stem}/{CONFIG}"
            yield found(path, "place", words)


def _config(folder: Path, entry: Entry, now: datetime) -> Iterator[Finding]:
    """About one directory of models_config; its name is told by `_names`, better than by the parser."""
    read = entry.poc is not None  # otherwise its own findings say what became of a link
    yield from (finding for finding in stray_links(folder) if read or finding.file != folder / CONFIG)
    others = [path for path in sorted(folder.iterdir()) if path.suffix in _YAML and path.name != CONFIG]
    for path in others:
        words = f"is not read: a POC has one {CONFIG}"
        missing = not (folder / CONFIG).exists()
        cure = f"; rename it to {CONFIG}" if missing else "; take it away, or move what it says there"
        yield found(path, "place", words + cure, severity=Severity.ERROR if missing else Severity.WARNING)
    for finding in entry.findings:
        if is_good(entry.name) or "names the POC" not in finding.message:
            yield finding
    yield from habit_findings(entry, now)


def _alone(repository: Repository, configs: list[str], models: list[str]) -> Iterator[Finding]:
    """Names that stand on one side only."""
    sides = (
        (repository.configs, configs, repository.models, models, ""),
        (repository.models, models, repository.configs, configs, f"/{CONFIG}"),
    )
    for here, names, there, others, lacking in sides:
        for name in sorted(set(names) - set(others)):
            words = f"{there.name}/{name}{lacking} is missing: {_cure(name, there, names, others)}"
            yield found(_anchor(here / name), "pair", words)


def _cure(name: str, there: Path, names: list[str], others: list[str]) -> str:
    free = [other for other in others if other not in names]
    close = difflib.get_close_matches(name, free, n=1, cutoff=0.75)
    if close:
        return f"give {there.name}/{close[0]} and this one the same name"
    return "add it (`modelpoc new` lays down both), or take this one away"


def _anchor(folder: Path) -> Path:
    """Where an annotation can be shown: the configuration, when there is one."""
    return folder / CONFIG if (folder / CONFIG).is_file() else folder
