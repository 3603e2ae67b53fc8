"""ModelPlatforms that a repository is held against: from a file of manifests, or from a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.problems import InvalidObject, Loc, parse_platform
from modelpoc.catalog.document import Document, parse, read
from modelpoc.catalog.finding import Finding

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class Against:
    """A platform, and where findings about it are shown."""

    platform: ModelPlatform
    document: Document

    @property
    def name(self) -> str:
        return self.platform.metadata.name

    def find(self, loc: Loc, message: str) -> Finding:
        return self.document.find(loc, message)


def live(platform: ModelPlatform, configs: Path) -> Against:
    """One that a cluster holds: findings are shown at the directory of configurations."""
    return Against(platform, Document(configs))


def read_platforms(file: Path) -> tuple[list[Against], list[Finding]]:
    """Every ModelPlatform among the manifests of `file`."""
    whole = read(file)
    if not whole.text:
        return [], [finding.of("platform") for finding in whole.findings]
    platforms: list[Against] = []
    findings: list[Finding] = []
    for document in _documents(file, whole.text):
        if isinstance(document.data, dict) and document.data.get("kind") == "ModelPlatform":
            platforms += _platform(document)
        findings += document.findings
    if not platforms and not findings:
        findings.append(Finding(file, 1, 1, "", "holds no ModelPlatform: name a file that holds one"))
    return platforms, [finding.of("platform") for finding in findings]


def _documents(file: Path, text: str) -> Iterator[Document]:
    """Each document by itself, its lines counted from the beginning of the file."""
    begins = [0, *(match.start() for match in _SEPARATOR.finditer(text))]
    for begin, end in zip(begins, [*begins[1:], len(text)], strict=True):
        if text[begin:end].strip():
            yield parse(file, "\n" * text.count("\n", 0, begin) + text[begin:end])


def _platform(document: Document) -> list[Against]:
    if document.findings:
        return []
    try:
        return [Against(parse_platform(document.data), document)]
    except InvalidObject as invalid:
        for problem in invalid.problems:
            document.blame(problem.loc, problem.message)
        return []
