"""`modelpoc render`: models_config → manifests."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.catalog.kustomization import Foreign, Written, write
from modelpoc.cli.faces import CliError, told


class Form(StrEnum):
    YAML = "yaml"
    JSON = "json"


def render(
    directory: Annotated[Path, typer.Argument(help="Folder with one folder for each POC.")] = Path(
        "models_config"
    ),
    name: Annotated[str | None, typer.Argument(help="Only this POC.")] = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="yaml or json.")] = Form.YAML,
    output_dir: Annotated[
        Path | None,
        typer.Option(help="Write one file for each POC, and a kustomization.yaml, into this folder."),
    ] = None,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Namespace of the objects.")
    ] = catalog.DEFAULT_NAMESPACE,
) -> None:
    """Turn configurations into manifests for kubectl, Flux and Argo CD.

    Findings go to stderr and end it with 1, and then nothing is written.
    """
    with told():
        manifests = [catalog.render(poc) for poc in _sound(directory, name, namespace)]
        if output_dir is None:
            typer.echo(catalog.dump(manifests, output.value), nl=False)
        elif name is not None or output is Form.JSON:
            raise CliError("--output-dir writes all POCs, as YAML: leave the name and -o out")
        else:
            _told(output_dir, _written(output_dir, manifests))


def _sound(directory: Path, name: str | None, namespace: str) -> list[ModelPOC]:
    """All POCs; ends the command when something is wrong with one of them."""
    if name is None:
        whole = catalog.load(directory, namespace)
        pocs, findings = list(whole.pocs.values()), whole.findings
    else:
        entry = catalog.load_one(directory / name, namespace)
        pocs, findings = [entry.poc] if entry.poc is not None else [], entry.findings
    for finding in findings:
        typer.echo(str(finding), err=True)
    if findings:
        raise typer.Exit(1)
    return pocs


def _written(output_dir: Path, manifests: list[dict[str, Any]]) -> Written:
    try:
        return write(output_dir, manifests)
    except Foreign as error:
        raise CliError(str(error)) from error


def _told(output_dir: Path, written: Written) -> None:
    for file in written.changed:
        typer.echo(f"wrote {output_dir / file}")
    for file in written.removed:
        typer.echo(f"removed {output_dir / file}")
    if not written.changed and not written.removed:
        typer.echo(f"{output_dir} is current")
