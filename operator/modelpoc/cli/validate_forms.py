"""Forms in which findings are told: for people, for scripts, and beside the lines of a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.repository import Checked


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def told_as(form: Form, checked: Checked) -> str:
    """Whole lines; names of files may hold bytes that are no text."""
    return _FORMS[form](checked).encode("utf-8", "backslashreplace").decode("utf-8")


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
