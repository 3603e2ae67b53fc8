"""`modelpoc`: one command for people, scripts and the operator's container."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from modelpoc.cli.lazy import LazyGroup


class _Commands(LazyGroup):
    places = {  # noqa: RUF012 - a table, in the order in which people are shown it
        "new": "modelpoc.cli.new:new",
        "validate": "modelpoc.cli.validate:validate",
        "plan": "modelpoc.cli.plan:plan",
        "apply": "modelpoc.cli.apply:apply",
        "predict": "modelpoc.cli.predict:predict",
        "status": "modelpoc.cli.status:status",
        "logs": "modelpoc.cli.logs:logs",
        "destroy": "modelpoc.cli.destroy:destroy",
        "render": "modelpoc.cli.render:render",
        "migrate": "modelpoc.cli.migrate:migrate",
        "set-image": "modelpoc.cli.set_image:set_image",
        "sync": "modelpoc.cli.sync:sync",
        "crds": "modelpoc.cli.crds:crds",
        "iam-policy": "modelpoc.cli.iam_policy:iam_policy",
        "operator": "modelpoc.cli.operator:operator",
    }


app = typer.Typer(
    name="modelpoc",
    cls=_Commands,
    help="Put a model in front of people on AWS, from a few lines of configuration.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",  # paragraphs flow, whatever the width of the terminal
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"modelpoc {version('modelpoc')}")
        raise typer.Exit


@app.callback()
def _modelpoc(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What all commands have in common."""


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
