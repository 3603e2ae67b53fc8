"""`modelpoc crds`: write the CustomResourceDefinitions, check that they are current, or apply them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from modelpoc.api.crd import rendered
from modelpoc.cli.faces import Context, run
from modelpoc.kube.cluster import connect

_MANAGER = "modelpoc-crds"


def crds(
    output_dir: Annotated[Path, typer.Option(help="Folder of the CRDs.")] = Path("crds"),
    check: Annotated[bool, typer.Option("--check", help="Only say whether they are current.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Bring the cluster's to this version.")] = False,
    context: Context = None,
) -> None:
    """Write the CustomResourceDefinitions that the API models describe.

    With --apply they go to the cluster instead, whoever had applied those that are there.
    """
    if apply and check:
        raise typer.BadParameter("say --apply or --check, not both")
    if apply:
        run(_applied(context))
        return
    stale = [file for file, text in rendered().items() if _text(output_dir / file) != text]
    if not check:
        output_dir.mkdir(parents=True, exist_ok=True)
        for file in stale:
            (output_dir / file).write_text(rendered()[file], encoding="utf-8")
            typer.echo(f"wrote {output_dir / file}")
        return
    for file in stale:
        typer.echo(f"{output_dir / file} is not current: run `modelpoc crds`", err=True)
    if stale:
        raise typer.Exit(1)


async def _applied(context: str | None) -> None:
    async with connect(context) as cluster:
        for text in rendered().values():
            crd = yaml.safe_load(text)
            await cluster.define(crd, manager=_MANAGER)
            typer.echo(f"applied {crd['metadata']['name']}")


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
