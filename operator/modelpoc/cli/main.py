"""`modelpoc`: one command for people, scripts and the operator's container."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from modelpoc.cli.apply import apply
from modelpoc.cli.crds import crds
from modelpoc.cli.destroy import destroy
from modelpoc.cli.logs import logs
from modelpoc.cli.migrate import migrate
from modelpoc.cli.new import new
from modelpoc.cli.operator import operator
from modelpoc.cli.plan import plan
from modelpoc.cli.predict import predict
from modelpoc.cli.render import render
from modelpoc.cli.set_image import set_image
from modelpoc.cli.status import status
from modelpoc.cli.sync import sync
from modelpoc.cli.validate import validate

app = typer.Typer(
    name="modelpoc",
    help="Put a model in front of people on AWS, from a few lines of configuration.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",  # paragraphs flow, whatever the width of the terminal
    pretty_exceptions_enable=False,
)
app.command()(new)
app.command()(validate)
app.command()(plan)
app.command()(apply)
app.command()(predict)
app.command()(status)
app.command()(logs)
app.command()(destroy)
app.command()(render)
app.command()(migrate)
app.command("set-image")(set_image)
app.command()(crds)
app.command()(operator)
app.command()(sync)


def _plug_in() -> None:
    """Commands of other packages, such as `local`, which the operator's image does not carry."""
    for entry in entry_points(group="modelpoc.commands"):
        app.add_typer(entry.load(), name=entry.name)


def main() -> None:
    _plug_in()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
