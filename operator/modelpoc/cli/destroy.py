"""`modelpoc destroy`: take a POC apart; with --delete for good."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from modelpoc.cli.applying import explained, suspend
from modelpoc.cli.completion import there
from modelpoc.cli.faces import CliError, Context, Namespace, Output, OutputOption, emit, told
from modelpoc.cli.finding import found
from modelpoc.cli.periods import seconds
from modelpoc.cli.progress import Teller, telling
from modelpoc.cli.results import Result, ended_badly, text
from modelpoc.cli.seen import Ending, Seen, ending
from modelpoc.cli.waiting import Judge, Wait
from modelpoc.kube.cluster import POC, Cluster, connect
from modelpoc.kube.errors import Refused


def destroy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The POC.", autocompletion=there)],
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove the object too, and with it logs and owned secrets.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until nothing is left.")] = True,
    timeout: Annotated[str, typer.Option(help="How long to wait, as in 90s or 15m.")] = "20m",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    namespace: Namespace = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Take away what a POC has in AWS, but for its logs and secrets; `modelpoc apply` brings it back.

    The object stays in the cluster, suspended by the field manager modelpoc-destroy, so that no config in Git
    is contradicted. --delete removes the object and all that is left in AWS (unless its deletionPolicy is
    Retain), and asks first on a terminal.
    """
    with told():
        limit = seconds(timeout, "--timeout")
        poc = asyncio.run(_found(name, namespace, context))
        if delete and not yes:
            _confirm(poc)
        with telling() as teller:
            result = asyncio.run(_destroyed(poc, context, delete, limit if wait else None, teller))
        emit(output, result.data(), lambda: text([result]))
        if result.error:
            raise CliError(f"{name}: {result.error}")


async def _found(name: str, namespace: str | None, context: str | None) -> dict[str, Any]:
    async with connect(context) as cluster:
        return await found(cluster, name, namespace)


def _confirm(poc: Mapping[str, Any]) -> None:
    if not sys.stdin.isatty():
        return
    meta, retained = poc["metadata"], poc["spec"].get("deletionPolicy") == "Retain"
    fate = "what it has in AWS stays, and goes on costing" if retained else "all that it has in AWS goes too"
    if not typer.confirm(f"Delete {meta['namespace']}/{meta['name']}? {fate}.", err=True):
        raise CliError("nothing was deleted")


async def _destroyed(
    poc: Mapping[str, Any], context: str | None, delete: bool, limit: float | None, teller: Teller
) -> Result:
    name, namespace = poc["metadata"]["name"], poc["metadata"]["namespace"]
    began = asyncio.get_running_loop().time()
    async with connect(context) as cluster:
        outcome, after = await (_delete if delete else _suspend)(cluster, name, namespace)
        teller.say(f"{namespace}/{name} {outcome}")
        seen = Seen.of(after or poc)
        if after is None:
            return Result(outcome, seen, Ending.GONE, 0.0)
        if limit is None:
            return Result(outcome, seen, None, 0.0)
        ended = await Wait(cluster, seen, judge(delete), teller).until(limit)
    lasted = asyncio.get_running_loop().time() - began
    wanted = Ending.GONE if delete else Ending.SUSPENDED
    return Result(outcome, ended.seen, ended.came_to, lasted, ended_badly(ended, wanted))


async def _suspend(cluster: Cluster, name: str, namespace: str) -> tuple[str, dict[str, Any] | None]:
    return "suspended: it is being taken apart", await suspend(cluster, name, namespace)


async def _delete(cluster: Cluster, name: str, namespace: str) -> tuple[str, dict[str, Any] | None]:
    try:
        await cluster.delete(POC, name, namespace)
    except Refused as refused:
        raise explained(refused, name, namespace) from refused
    return "deleted: it is being taken apart", await cluster.get(POC, name, namespace)


def judge(delete: bool) -> Judge:
    """An object that is being deleted ends when it is gone, or is stuck."""
    if not delete:
        return lambda seen: None if seen.deleting else ending(seen)
    return lambda seen: Ending.STALLED if seen.deleting and ending(seen) is Ending.STALLED else None
