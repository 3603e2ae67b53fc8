"""`modelpoc status`: how POCs are."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from modelpoc.cli.completion import there
from modelpoc.cli.faces import CliError, Context, Namespace, Output, OutputOption, emit, run
from modelpoc.cli.finding import found
from modelpoc.cli.progress import change, telling
from modelpoc.cli.seen import Seen
from modelpoc.cli.view import table, tree
from modelpoc.kube.cluster import POC, Cluster, connect

LOOK_SECONDS = 2.0
_UNWRAPPED = 100_000

Manifest = dict[str, Any]


def status(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The POC; without one, all are listed.", autocompletion=there),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it until Ctrl-C.")] = False,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="List the POCs of every namespace.")
    ] = False,
    namespace: Namespace = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show how POCs are: a table of all, or a tree of one with its conditions and resources in AWS.

    `-o json` gives the objects as Kubernetes has them, one a line with --watch. With --watch on anything but
    a terminal, each change is a line.
    """
    if name is not None and everywhere:
        raise typer.BadParameter("name a POC, or say --all-namespaces, not both")
    if name is None:
        run(_all(namespace, context, everywhere=everywhere, watch=watch, output=output))
    else:
        run(_one(name, namespace, context, watch=watch, output=output))


async def _one(name: str, namespace: str | None, context: str | None, *, watch: bool, output: Output) -> None:
    async with connect(context) as cluster:
        poc = plain(await found(cluster, name, namespace))
        if watch:
            await _watched(cluster, poc, output)
        else:
            emit(output, poc, lambda: rendered(tree(poc, datetime.now(UTC))))


async def _watched(cluster: Cluster, poc: Manifest, output: Output) -> None:
    meta = poc["metadata"]
    async with aclosing(cluster.watch(POC, meta["name"], meta["namespace"])) as events:
        if output is Output.JSON:
            async for _, manifest in events:
                _line(plain(manifest))
        elif sys.stdout.isatty():
            await _live(events)
        else:
            await _lines(events)


async def _live(events: Any) -> None:
    latest: list[Manifest] = []

    def shown() -> RenderableType:
        return tree(latest[0], datetime.now(UTC)) if latest else Text("")

    with Live(get_renderable=shown, refresh_per_second=4):
        async for kind, manifest in events:
            latest[:] = [manifest]
            if kind == "DELETED":
                raise CliError(f"{manifest['metadata']['name']} is gone")


async def _lines(events: Any) -> None:
    before: Seen | None = None
    with telling(sys.stdout) as teller:
        async for kind, manifest in events:
            seen = Seen.of(manifest)
            if line := change(before, seen):
                teller.say(line)
            before = seen
            if kind == "DELETED":
                raise CliError(f"{seen.name} is gone")


async def _all(
    namespace: str | None, context: str | None, *, everywhere: bool, watch: bool, output: Output
) -> None:
    async with connect(context) as cluster:
        where = None if everywhere else namespace or cluster.namespace
        pocs = await _listed(cluster, where)
        if not watch:
            emit(output, pocs, lambda: _table(pocs, where))
            return
        await _table_watched(cluster, where, output)


async def _table_watched(cluster: Cluster, where: str | None, output: Output) -> None:
    if output is Output.TEXT and sys.stdout.isatty():
        with Live(refresh_per_second=2) as live:
            while True:
                live.update(Text(_table(await _listed(cluster, where), where), no_wrap=True))
                await asyncio.sleep(LOOK_SECONDS)
    shown: dict[tuple[str, str], str] = {}
    while True:
        for poc in await _listed(cluster, where):
            key = poc["metadata"]["namespace"], poc["metadata"]["name"]
            if shown.get(key) != poc["metadata"]["resourceVersion"]:
                shown[key] = poc["metadata"]["resourceVersion"]
                _line(poc) if output is Output.JSON else typer.echo(_table([poc], where).splitlines()[1])
        await asyncio.sleep(LOOK_SECONDS)


async def _listed(cluster: Cluster, where: str | None) -> list[Manifest]:
    found_ = [plain(poc) for poc in await cluster.list(POC, where)]
    return sorted(found_, key=lambda poc: (poc["metadata"]["namespace"], poc["metadata"]["name"]))


def _table(pocs: Sequence[Manifest], where: str | None) -> str:
    if not pocs:
        inside = f"in namespace {where}" if where else "in this cluster"
        return f"there is no POC {inside}: `modelpoc apply NAME` makes one"
    return "\n".join(table(pocs, datetime.now(UTC), namespaces=where is None))


def _line(poc: Manifest) -> None:
    typer.echo(json.dumps(poc, ensure_ascii=False))
    sys.stdout.flush()


def plain(manifest: Manifest) -> Manifest:
    """Without the bookkeeping of who wrote which field."""
    meta = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    return {**manifest, "metadata": meta}


def rendered(what: RenderableType) -> str:
    """As wide as the terminal; elsewhere nothing is wrapped, for whoever reads on with grep."""
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else _UNWRAPPED, highlight=False)
    with console.capture() as captured:
        console.print(what)
    text = captured.get()
    return "\n".join(line.rstrip() for line in text.splitlines())
