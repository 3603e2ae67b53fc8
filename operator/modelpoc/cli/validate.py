"""`modelpoc validate`: what is wrong in a repository, before anything is built or applied."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from modelpoc import catalog
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.repository import Checked, Repository, about, check
from modelpoc.cli.faces import CONFIG_DIR, MODELS_DIR, CliError, ConfigDir, ModelsDir, told


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def validate(
    names: Annotated[list[str] | None, typer.Argument(help="Only these POCs (default: all).")] = None,
    config_dir: ConfigDir = CONFIG_DIR,
    models_dir: ModelsDir = MODELS_DIR,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Namespace of the objects.")] = (
        catalog.DEFAULT_NAMESPACE
    ),
    output: Annotated[Form, typer.Option("--output", "-o", help="text, json or github.")] = Form.TEXT,
) -> None:
    """Check a repository: names, files, locks, configurations, and what POCs must not share.

    Ends with 1 when there are errors; warnings and notices do not count.
    """
    with told():
        repository = Repository(_near(models_dir), _near(config_dir), namespace)
        checked = _only(check(repository, datetime.now(UTC)), repository, names or [])
    typer.echo(_printable(_FORMS[output](checked)), nl=False)
    if checked.fails:
        raise typer.Exit(1)


def _near(path: Path) -> Path:
    """As seen from here, which is how annotations name files."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _printable(text: str) -> str:
    """Names of files may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _only(checked: Checked, repository: Repository, names: list[str]) -> Checked:
    for name in names:
        if name not in checked.names:
            close = difflib.get_close_matches(name, checked.names, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(checked.names) or 'none'}"
            raise CliError(f"no POC is called {name}: {hint}")
    if not names:
        return checked
    return Checked(tuple(names), checked.entries, tuple(about(checked.findings, repository, names)))


def _text(checked: Checked) -> str:
    lines = [f"{f.place}: {f.severity}: {f.words} [{f.rule}]" for f in checked.findings]
    return "".join(f"{line}\n" for line in [*lines, summary(checked)])


def summary(checked: Checked) -> str:
    """As in `3 POCs: 1 error, 2 warnings`."""
    found = [(checked.count(severity), severity) for severity in Severity]
    words = ", ".join(_counted(number, severity) for number, severity in found if number)
    return f"{_counted(len(checked.names), 'POC')}: {words or 'nothing is wrong'}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _json(checked: Checked) -> str:
    answer = {
        "pocs": len(checked.names),
        "errors": checked.count(Severity.ERROR),
        "warnings": checked.count(Severity.WARNING),
        "notices": checked.count(Severity.NOTICE),
        "findings": [finding.to_dict() for finding in checked.findings],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def _github(checked: Checked) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    Source: "Workflow commands for GitHub Actions"; what must be escaped: actions/toolkit, command.ts.
    """
    return "".join(f"{line}\n" for line in _commands(checked.findings))


def _commands(findings: Iterable[Finding]) -> Iterable[str]:
    for f in findings:
        places = {"file": f.file.as_posix(), "line": f.line, "col": f.column, "title": f"modelpoc {f.rule}"}
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in places.items())
        yield f"::{f.severity} {properties}::{_data(f.words)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_FORMS = {Form.TEXT: _text, Form.JSON: _json, Form.GITHUB: _github}
