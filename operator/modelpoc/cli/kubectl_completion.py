"""`kubectl_complete-modelpoc`: what kubectl runs for `kubectl modelpoc <TAB>`.

It is given the words so far, the unfinished one last, and reads what cobra's `__complete` writes: one
candidate a line, a tab before its description, and `:<directive>` at the end.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

import typer

from modelpoc.cli.main import main

_NO_FILES, _DEFAULT = 4, 0
"""cobra's ShellCompDirectiveNoFileComp, and ShellCompDirectiveDefault, with which the shell offers files."""


def kubectl() -> None:
    typer.echo(completed(sys.argv[1:]), nl=False)


def completed(words: Sequence[str]) -> str:
    """What kubectl reads for these words."""
    found = [line for line in _candidates(words).splitlines() if line]
    return "".join(f"{line}\n" for line in found) + f":{_NO_FILES if found else _DEFAULT}\n"


def _candidates(words: Sequence[str]) -> str:
    """By the protocol of typer's own script for fish, whose candidates look just like cobra's."""
    *before, last = words or [""]
    line = f"{shlex.join(['modelpoc', *before])} {shlex.quote(last) if last else ''}"
    asked = {
        "_MODELPOC_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": line,
    }
    heard, kept = io.StringIO(), (dict(os.environ), sys.argv)
    os.environ.update(asked)
    sys.argv = ["modelpoc"]
    try:
        with redirect_stdout(heard):
            main()
    except SystemExit:
        pass
    finally:
        os.environ.clear()
        os.environ.update(kept[0])
        sys.argv = kept[1]
    return heard.getvalue()
