"""`python -m charts [--check]`: write what follows from the chart, or say what is not current."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from charts.plain import RenderError
from charts.pressed import CHART, INSTALL, of_chart, of_install

ROOT = Path(__file__).parents[1]


def main(check: bool = False) -> None:
    """Write values.yaml, README.md, crds/ and charts/install, which all follow from other files."""
    try:
        stale = _stale(of_chart(), CHART / "crds", check=check) + _stale(of_install(), INSTALL, check=check)
    except RenderError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    for file in stale if check else ():
        typer.echo(f"{file.relative_to(ROOT)} is not current: run `python -m charts`", err=True)
    if check and stale:
        sys.exit(1)


def _stale(files: Mapping[Path, str], folder: Path, *, check: bool) -> list[Path]:
    """Those that are not current, which are put right unless it is only a check."""
    stale = [file for file, text in files.items() if not file.is_file() or file.read_text() != text]
    left = [file for file in folder.glob("*.yaml") if file not in files]
    if not check:
        for file in left:
            file.unlink()
        for file in stale:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(files[file])
            typer.echo(f"wrote {file.relative_to(ROOT)}")
    return stale + left


if __name__ == "__main__":
    typer.run(main)
