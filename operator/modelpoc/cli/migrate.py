"""`modelpoc migrate`: the older form of a config.yaml, written anew in the form of today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelpoc.catalog.catalog import CONFIG, load
from modelpoc.catalog.migrate import Migration, migration
from modelpoc.catalog.rewrite import CannotRewrite, diff, replace_text
from modelpoc.cli.completion import configured
from modelpoc.cli.faces import CONFIG_DIR, CliError, ConfigDir, Output, OutputOption, emit, told


def migrate(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these POCs (default: all).", autocompletion=configured)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 when there is something to do.")
    ] = False,
    show: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
    config_dir: ConfigDir = CONFIG_DIR,
    output: OutputOption = Output.TEXT,
) -> None:
    """Write configurations of the older form (`app:` at the top) anew in the form of today.

    Comments stay, and what the file asks for stays the same to the byte.
    """
    with told():
        found = {name: _migration(config_dir / name / CONFIG) for name in names or _all(config_dir)}
        needed = {name: one for name, one in found.items() if one.needed}
        if not check and not show:
            for one in needed.values():
                replace_text(one.file, one.after)
        written = not check and not show
        emit(output, _data(found, written), lambda: _words(needed, written, show))
        if check and needed:
            raise typer.Exit(1)


def _all(config_dir: Path) -> list[str]:
    return [entry.name for entry in load(config_dir).entries]


def _migration(file: Path) -> Migration:
    try:
        return migration(file)
    except CannotRewrite as error:
        raise CliError(f"nothing was changed:\n{error}") from error


def _words(needed: dict[str, Migration], written: bool, show: bool) -> str:
    if not needed:
        return "every configuration is of today's form"
    if show:
        return "".join(diff(one.file, one.before, one.after) for one in needed.values()).rstrip("\n")
    what = "migrated" if written else "is of the older form: run `modelpoc migrate`"
    return "\n".join(f"{one.file}: {what}" for one in needed.values())


def _data(found: dict[str, Migration], written: bool) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "file": str(one.file),
            "needed": one.needed,
            "written": written and one.needed,
            "diff": diff(one.file, one.before, one.after),
        }
        for name, one in found.items()
    ]
