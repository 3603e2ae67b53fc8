"""`modelpoc new`: a POC to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from modelpoc.catalog.scaffold import CannotScaffold, Runtime, Scaffold, scaffold
from modelpoc.cli.faces import (
    CONFIG_DIR,
    MODELS_DIR,
    CliError,
    ConfigDir,
    ModelsDir,
    Output,
    OutputOption,
    emit,
    told,
)


def new(
    name: Annotated[str, typer.Argument(help="Name of the POC: lower-case letters, digits and '-'.")],
    runtime: Annotated[Runtime, typer.Option(help="What it shall run on.")],
    config_dir: ConfigDir = CONFIG_DIR,
    models_dir: ModelsDir = MODELS_DIR,
    output: OutputOption = Output.TEXT,
) -> None:
    """Lay down a small real model and its configuration, ready to be tested and applied."""
    with told():
        try:
            made = scaffold(name, runtime, models_dir, config_dir)
        except CannotScaffold as refused:
            raise CliError(str(refused)) from refused
        emit(output, _document(made), lambda: _text(made))


def _document(made: Scaffold) -> dict[str, Any]:
    return {
        "name": made.name,
        "runtime": made.runtime.value,
        "files": [str(file) for file in made.files],
        "next": _next(made),
    }


def _text(made: Scaffold) -> str:
    steps = "\n".join(f"  {step}" for step in _next(made))
    return (
        f"wrote {made.model} ({len(made.files) - 1} files) and {made.files[-1]}\n"
        f"{made.model / 'README.md'} says what to change. To see it answer first:\n{steps}"
    )


def _next(made: Scaffold) -> list[str]:
    config, models = (
        _told_of("--config-dir", made.config, CONFIG_DIR),
        _told_of("--models-dir", made.model, MODELS_DIR),
    )
    return [
        f"(cd {shlex.quote(str(made.model))} && uv run pytest)",
        f"modelpoc validate{config}{models}",
        f"modelpoc apply {made.name}{config}{models}",
        f"modelpoc predict {made.name}",
    ]


def _told_of(option: str, made: Path, default: Path) -> str:
    return "" if made.parent == default else f" {option} {shlex.quote(str(made.parent))}"
