"""`modelpoc crds`: write the CustomResourceDefinitions, or check that they are current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelpoc.api.crd import rendered


def crds(
    output_dir: Annotated[Path, typer.Option(help="Folder of the CRDs.")] = Path("crds"),
    check: Annotated[bool, typer.Option("--check", help="Only say whether they are current.")] = False,
) -> None:
    """Write the CustomResourceDefinitions that the API models describe."""
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


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
