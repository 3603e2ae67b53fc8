"""Every command of `modelpoc` as a page, from the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.main import get_command

from modelpoc.cli import main

_HEAD = """\
# Commands

The same program is called `modelpoc` and `kubectl modelpoc`. Each command shows this text with `--help`.
Errors go to stderr, and the exit code is then not 0. `modelpoc --install-completion` sets up completion for
your shell.

"""


def commands_page() -> str:
    """One section for each command, those of other packages (`local`) at the end."""
    sections = "".join(_section(name, command, 2) for name, command in commands())
    return f"{_HEAD}{sections}".rstrip() + "\n"


def commands() -> list[tuple[str, Any]]:
    """Each command by its words after `modelpoc`, in the program's order; no groups."""
    return list(_walk("", get_command(main.app)))


def _walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name in command.list_commands(None):
        inner = command.get_command(None, name)
        if not inner.hidden:
            yield from _walk(f"{words} {name}".strip(), inner)


def _section(words: str, command: Any, level: int) -> str:
    given = [p for p in command.params if not _is_option(p)]
    options = [p for p in command.params if _is_option(p) and not getattr(p, "hidden", False)]
    usage = " ".join(["modelpoc", words, *map(_placeholder, given), *(["[OPTIONS]"] if options else [])])
    parts = [f"{'#' * level} modelpoc {words}\n\n", f"```console\n$ {usage}\n```\n\n", _help(command), "\n\n"]
    return "".join([*parts, *map(_parameter, given), *map(_parameter, options), "\n"])


def _help(command: Any) -> str:
    return "\n".join(line.strip() for line in (command.help or "").replace("\b", "").splitlines())


def _is_option(parameter: Any) -> bool:
    return any(word.startswith("-") for word in parameter.opts)


def _placeholder(parameter: Any) -> str:
    shown = _called(parameter) + ("..." if parameter.nargs == -1 else "")
    return shown if parameter.required else f"[{shown}]"


def _called(parameter: Any) -> str:
    """An argument as the help calls it, without the signs for "may be left out" and "may be several"."""
    return str(parameter.metavar or parameter.name.upper()).removesuffix("...").strip("[]")


def _parameter(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts] if _is_option(parameter) else [_called(parameter)]
    shown = ", ".join(f"`{name}`" for name in names)
    facts = [text for text in (_default(parameter), _choices(parameter)) if text]
    return f"- {shown}{_wanted(parameter)}: {parameter.help or ''}" + (
        f" ({'; '.join(facts)})\n" if facts else "\n"
    )


def _wanted(parameter: Any) -> str:
    return " (required)" if parameter.required else ""


def _default(parameter: Any) -> str:
    default = parameter.default
    if isinstance(default, Enum):
        default = default.value
    if default in (None, False, "", ()) or callable(default) or parameter.required:
        return ""
    if isinstance(parameter.show_default, str):  # said in words, as it is a place of this machine
        return f"default: {parameter.show_default}"
    if default is True:
        return f"default `{parameter.opts[0]}`"
    return f"default `{default}`"


def _choices(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        return ""
    return "one of " + ", ".join(f"`{choice.value}`" for choice in kind)
