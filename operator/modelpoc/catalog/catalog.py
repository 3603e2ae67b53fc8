"""`models_config/`: one directory for each POC, its `config.yaml` the POC's spec."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelpoc.api.meta import API_VERSION
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import InvalidObject, Loc, Problem, parse_poc
from modelpoc.catalog.document import Document, parse, read
from modelpoc.catalog.finding import Finding
from modelpoc.catalog.older import Converted, convert, is_older

CONFIG = "config.yaml"
DEFAULT_NAMESPACE = "default"
_OUTSIDE = "is a link that leads out of the directory of all configurations: put the file itself here"
_MANIFEST_FIELDS = ("apiVersion", "kind", "metadata", "spec", "status")


@dataclass(frozen=True)
class Entry:
    """One directory of `models_config`: its POC, or what keeps it from being one."""

    name: str
    poc: ModelPOC | None
    findings: tuple[Finding, ...] = ()
    document: Document | None = field(default=None, repr=False, compare=False)
    converted: Converted | None = field(default=None, repr=False, compare=False)
    """How an older file became the spec; None for the form of today."""

    def find(self, loc: Loc, message: str) -> Finding:
        """A finding about a field of the spec, as in `("ecs", "image")`, where it was written."""
        assert self.document is not None
        return self.document.find(self.converted.origin(loc) if self.converted else loc, message)


@dataclass(frozen=True)
class Catalog:
    """All POCs of a directory, by name, and everything that is wrong in it."""

    pocs: dict[str, ModelPOC]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...] = ()


def load(directory: Path, namespace: str = DEFAULT_NAMESPACE) -> Catalog:
    """Every POC below `directory`. Raises FileNotFoundError when there is no such directory."""
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory} is no directory: name the one that holds <POC>/{CONFIG}")
    folders = sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
    entries = [load_one(folder / CONFIG, namespace) for folder in folders]
    return Catalog(
        pocs={entry.name: entry.poc for entry in entries if entry.poc is not None},
        findings=tuple(sorted(finding for entry in entries for finding in entry.findings)),
        entries=tuple(entries),
    )


def load_one(path: Path, namespace: str = DEFAULT_NAMESPACE) -> Entry:
    """The POC of one directory, or of its config.yaml."""
    file = path if path.suffix in (".yaml", ".yml") and not path.is_dir() else path / CONFIG
    if _leads_out(file):
        return Entry(file.parent.name, None, (Finding(file, 1, 1, "", _OUTSIDE, rule="link"),))
    return _entry(read(file), namespace)


def load_text(file: Path, text: str, namespace: str = DEFAULT_NAMESPACE) -> Entry:
    """The POC of a config.yaml that holds `text`."""
    return _entry(parse(file, text), namespace)


def _leads_out(file: Path) -> bool:
    """Whether a link makes this a file outside of the directory that holds the POCs' directories."""
    try:
        return not file.resolve().is_relative_to(file.parent.parent.resolve())
    except (OSError, RuntimeError):
        return False  # a circle of links: reading it tells


def _entry(document: Document, namespace: str) -> Entry:
    name = document.file.parent.name
    poc, converted = (None, None) if document.findings else _poc(document, name, namespace)
    return Entry(name, poc, tuple(sorted(document.findings)), document, converted)


def _poc(document: Document, name: str, namespace: str) -> tuple[ModelPOC | None, Converted | None]:
    if not isinstance(document.data, dict) or not document.data:
        document.blame((), "write the POC's spec here, as in `ecs:` and below it `image: PLACEHOLDER`")
        return None, None
    if is_older(document.data):
        converted = convert(document)
        spec = converted.spec if converted else {}
        return (_parsed(document, name, namespace, spec, converted) if converted else None), converted
    if _is_manifest(document):
        return None, None
    return _parsed(document, name, namespace, document.data, None), None


def _is_manifest(document: Document) -> bool:
    found = [key for key in _MANIFEST_FIELDS if key in document.data]
    for key in found:
        document.blame(
            (key,), "this file holds the POC's spec alone: write what stands below spec, nothing else"
        )
    return bool(found)


def _parsed(
    document: Document, name: str, namespace: str, spec: dict[str, Any], converted: Converted | None
) -> ModelPOC | None:
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "ModelPOC",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    try:
        return parse_poc(manifest) if not document.findings else None
    except InvalidObject as invalid:
        for problem in invalid.problems:
            document.blame(_place(problem, converted), _words(problem, name))
        return None


def _place(problem: Problem, converted: Converted | None) -> Loc:
    loc = problem.loc[1:] if problem.loc[:1] == ("spec",) else ()
    return converted.origin(loc) if converted is not None else loc


def _words(problem: Problem, name: str) -> str:
    if problem.message.startswith("metadata.name"):
        return f'the directory "{name}" names the POC: {problem.message.removeprefix("metadata.name: ")}'
    return problem.message
