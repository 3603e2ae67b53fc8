"""`modelpoc set-image`: puts an image into a POC's configuration, as a workflow does after a build."""

from __future__ import annotations

from typing import Annotated

import typer

from modelpoc.catalog.catalog import CONFIG
from modelpoc.catalog.rewrite import CannotRewrite, replace_text
from modelpoc.catalog.set_image import ImageChange, with_image
from modelpoc.cli.completion import configured
from modelpoc.cli.faces import CONFIG_DIR, CliError, ConfigDir, Output, OutputOption, emit, told


def set_image(
    name: Annotated[str, typer.Argument(help="Name of the POC.", autocompletion=configured)],
    image: Annotated[str, typer.Argument(help="repository@sha256:… or repository:tag.")],
    config_dir: ConfigDir = CONFIG_DIR,
    output: OutputOption = Output.TEXT,
) -> None:
    """Put IMAGE into the POC's config.yaml, in either form of it; everything else there stays as it is."""
    with told():
        try:
            change = with_image(config_dir / name / CONFIG, image)
        except CannotRewrite as error:
            raise CliError(str(error)) from error
        if change.changed:
            replace_text(change.file, change.text)
        emit(output, _data(name, change), lambda: _words(change))


def _words(change: ImageChange) -> str:
    place = f"{change.file}:{change.line}: {change.field}"
    if not change.changed:
        return f"{place} is {change.after} already"
    return f"{place}: {change.before} → {change.after}"


def _data(name: str, change: ImageChange) -> dict[str, object]:
    return {
        "name": name,
        "file": str(change.file),
        "line": change.line,
        "field": change.field,
        "from": change.before,
        "to": change.after,
        "changed": change.changed,
    }
