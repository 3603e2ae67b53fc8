"""`python -m charts [--check]`: write what follows from the chart, or say what is not current."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from charts.pressed import CHART, INSTALL, pressed

ROOT = Path(__file__).parents[1]


def main(check: bool = False) -> None:
    """Write values.yaml, README.md, crds/ and charts/install, which all follow from other files."""
    files = pressed()
    stale = [file for file, text in files.items() if not file.is_file() or file.read_text() != text]
    left = [f for folder in (CHART / "crds", INSTALL) for f in folder.glob("*.yaml") if f not in files]
    for file in [*stale, *left]:
        if check:
            typer.echo(f"{file.relative_to(ROOT)} is not current: run `python -m charts`", err=True)
        elif file in left:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(files[file])
            typer.echo(f"wrote {file.relative_to(ROOT)}")
    if check and (stale or left):
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
