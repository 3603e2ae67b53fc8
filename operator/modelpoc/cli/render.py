"""`modelpoc render`: models_config → manifests."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC


class Form(StrEnum):
    YAML = "yaml"
    JSON = "json"


def render(
    directory: Annotated[Path, typer.Argument(help="Folder with one folder for each POC.")] = Path(
        "models_config"
    ),
    name: Annotated[str | None, typer.Argument(help="Only this POC.")] = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="yaml or json.")] = Form.YAML,
    namespace: Annotated[str, typer.Option(help="Namespace of the objects.")] = catalog.DEFAULT_NAMESPACE,
) -> None:
    """Turn configurations into manifests for kubectl; findings go to stderr and end it with 1."""
    pocs, findings = _read(directory, name, namespace)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if findings:
        raise typer.Exit(1)
    typer.echo(catalog.dump([catalog.render(poc) for poc in pocs], output.value), nl=False)


def _read(
    directory: Path, name: str | None, namespace: str
) -> tuple[list[ModelPOC], tuple[catalog.Finding, ...]]:
    try:
        if name is None:
            whole = catalog.load(directory, namespace)
            return list(whole.pocs.values()), whole.findings
        entry = catalog.load_one(directory / name, namespace)
        return [entry.poc] if entry.poc is not None else [], entry.findings
    except FileNotFoundError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
