"""Commands that are imported when they are called: what one needs, the others need not wait for.

kopf, boto3 and the Kubernetes client take most of a second to import, and a shell asks for completions at
every TAB.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

PLUGINS = "modelpoc.commands"
"""Entry points: commands of other packages, such as `local`, which the operator's image does not carry."""


class LazyGroup(TyperGroup):
    """Finds its commands by name in `places` (`module:function`), then among the plug-ins."""

    places: Mapping[str, str] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.places, *sorted(_plugins())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and cmd_name in self.list_commands(ctx):
            self.commands[cmd_name] = self._loaded(cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Of a word that is no command the nearest ones are told: for that, all must be there."""
        if args and args[0] not in self.list_commands(ctx):
            for name in self.list_commands(ctx):
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def _loaded(self, name: str) -> Any:
        place = self.places.get(name)
        if place is None:
            command = get_command(_plugins()[name].load())
        else:
            module, _, function = place.partition(":")
            alone = typer.Typer(
                add_completion=False,
                rich_markup_mode=self.rich_markup_mode,
                pretty_exceptions_enable=False,
            )
            alone.command(name)(getattr(import_module(module), function))
            command = get_command(alone)
        command.name = name
        return command


def _plugins() -> Mapping[str, Any]:
    return {entry.name: entry for entry in entry_points(group=PLUGINS)}
