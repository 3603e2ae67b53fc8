"""`python -m localcloud.tools [NAME …]`: finds or builds the programs and prints where they are."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from localcloud.controlplane.progress import telling
from localcloud.tools import PROGRAMS, BuildError, ensure


def main(names: Annotated[list[str] | None, typer.Argument(help="All, when none is named.")] = None) -> None:
    """Print the path of each program, having built what is not there yet."""
    if unknown := set(names or ()) - PROGRAMS.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(PROGRAMS)}")
    try:
        with telling() as tell:
            paths = [ensure(name, tell) for name in names or PROGRAMS]
    except BuildError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    for path in paths:
        typer.echo(path)


if __name__ == "__main__":
    typer.run(main)
