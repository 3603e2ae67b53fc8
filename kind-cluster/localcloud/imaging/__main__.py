"""`python -m localcloud.imaging`: build the images of this checkout, and save them for a node."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from localcloud.controlplane.progress import telling
from localcloud.imaging.base import base_image
from localcloud.imaging.engines import engine
from localcloud.imaging.errors import ImagingError
from localcloud.imaging.images import model_image, operator_image

app = typer.Typer(add_completion=False, help=__doc__)
Names = Annotated[list[str] | None, typer.Argument(help="`operator`, or names of models. Default: operator.")]
Save = Annotated[Path | None, typer.Option(help="Write the images into this tar archive.")]
Directory = Annotated[
    Path | None, typer.Option(help="Where an engine of our own keeps what it writes while it runs.")
]


@app.command()
def build(names: Names = None, save: Save = None, directory: Directory = None) -> None:
    """Build images with Docker's engine, starting one if none answers (root on Debian)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is taken away
    try:
        with (
            telling() as tell,
            tempfile.TemporaryDirectory(prefix="modelpoc-images-") as own,
            engine(directory or Path(own), tell=tell) as docker,
        ):
            base = base_image(docker, tell)
            tags = [
                operator_image(docker, base, tell=tell)
                if name == "operator"
                else model_image(docker, base, name, tell=tell)
                for name in names or ["operator"]
            ]
            sizes = [docker.ask("image", "inspect", "--format={{.Size}}", tag) for tag in tags]
            if save is not None:
                tell(f"writing {save} …")
                docker.save(tags, save)
    except ImagingError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    for tag, size in zip(tags, sizes, strict=True):
        typer.echo(f"{tag} {int(size) / 1e6:.0f} MB")


if __name__ == "__main__":
    app()
