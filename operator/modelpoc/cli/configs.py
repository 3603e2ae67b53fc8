"""The POCs that a command is about, from their configurations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.cli.faces import CliError


def chosen(names: Sequence[str], directory: Path, undone: str) -> list[ModelPOC]:
    """The POCs of a folder; all of them when no name is given.

    Raises CliError with every finding, or when there is none; `undone` says what then was not done, as in
    `applied`.
    """
    if unknown := [name for name in names if not (directory / name).is_dir()]:
        known = ", ".join(sorted(path.name for path in directory.glob("*") if path.is_dir())) or "none"
        raise CliError(f"no such POC in {directory}: {', '.join(unknown)} (there are: {known})")
    if not names:
        whole = catalog.load(directory)
        pocs, findings = list(whole.pocs.values()), whole.findings
    else:
        entries = [catalog.load_one(directory / name) for name in dict.fromkeys(names)]
        pocs = [entry.poc for entry in entries if entry.poc is not None]
        findings = tuple(finding for entry in entries for finding in entry.findings)
    if findings:
        raise CliError(f"nothing was {undone}:\n" + "\n".join(map(str, findings)))
    if not pocs:
        raise CliError(f"{directory} holds no POC: `modelpoc new NAME` makes one")
    return pocs
