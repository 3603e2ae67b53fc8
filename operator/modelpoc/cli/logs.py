"""`modelpoc logs`: what a POC's containers and function wrote."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from modelpoc.aws.caller import caller
from modelpoc.aws.log_events import LATE_MS, LogLine
from modelpoc.cli.completion import there
from modelpoc.cli.faces import CliError, Context, Namespace, Output, OutputOption, run
from modelpoc.cli.finding import found, platform_of
from modelpoc.cli.log_lines import Lines, as_json, groups_of, shown
from modelpoc.cli.periods import seconds
from modelpoc.kube.cluster import connect

_SINCE = "10m"


@dataclass(frozen=True)
class Wanted:
    """Which lines: of the last `back` seconds, the last `tail`, in streams with `stream` in their name."""

    follow: bool
    back: float
    tail: int | None
    tail_alone: bool
    stream: str


def logs(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The POC.", autocompletion=there)],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[
        str | None, typer.Option(help=f"How far back, as in 30s, 2h or 1d (default: {_SINCE}).")
    ] = None,
    tail: Annotated[
        int | None, typer.Option(min=0, help="Only the last so many lines; alone, up to a week back.")
    ] = None,
    stream: Annotated[
        str, typer.Option("--stream", "--task", help="Only streams, such as a task's, with this in the name.")
    ] = "",
    namespace: Namespace = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what a POC's containers, endpoint and function wrote, from CloudWatch Logs.

    Your own AWS credentials are used; they have to belong to the platform's account and allow
    logs:FilterLogEvents. Logs outlive `modelpoc destroy`, for as long as the platform keeps them. `-o json`
    gives one object a line: time, group, stream, message.
    """
    back = seconds(since or _SINCE, "--since")
    tail_alone = tail is not None and since is None
    run(_logs(name, namespace, context, Wanted(follow, back, tail, tail_alone, stream), output))


async def _logs(
    name: str, namespace: str | None, context: str | None, wanted: Wanted, output: Output
) -> None:
    async with _lines_of(name, namespace, context, wanted.stream) as lines:
        now = int(time.time() * 1000)
        # What a tail leaves out is not to come again with the latecomers: read before what is shown, so that
        # nothing is taken for shown that was not.
        left_out = (
            await lines.between(now - LATE_MS, now) if wanted.follow and wanted.tail is not None else []
        )
        first = await _first(lines, wanted, now)
        _say(first, output)
        if not wanted.follow:
            if not first:
                typer.echo(_nothing(wanted), err=True)
            return
        since = now - (LATE_MS if wanted.tail is not None else int(wanted.back * 1000))
        async with aclosing(lines.following(since, [*left_out, *first])) as coming:
            async for line in coming:
                _say([line], output)


@asynccontextmanager
async def _lines_of(
    name: str, namespace: str | None, context: str | None, stream: str
) -> AsyncIterator[Lines]:
    async with connect(context) as cluster:
        poc = await found(cluster, name, namespace)
        platform = await platform_of(cluster, poc)
    if platform is None:
        raise CliError(f"the platform of {name} is not there, or not for you to read: it says where logs are")
    scope = await caller(platform["spec"]["accountId"], platform["spec"]["region"])
    try:
        yield Lines(scope, groups_of(poc, platform), stream)
    finally:
        scope.close()


async def _first(lines: Lines, wanted: Wanted, now: int) -> list[LogLine]:
    if wanted.tail is not None and wanted.tail_alone:
        return await lines.last(wanted.tail, now)
    return await lines.between(now - int(wanted.back * 1000), now, wanted.tail)


def _say(lines: Iterable[LogLine], output: Output) -> None:
    for line in lines:
        if output is Output.JSON:
            typer.echo(as_json(line))
        else:
            at, where, text = shown(line)
            typer.echo(f"{typer.style(f'{at} {where}', dim=True)} {text}")
    sys.stdout.flush()


def _nothing(wanted: Wanted) -> str:
    of = f" in streams with {wanted.stream!r} in their name" if wanted.stream else ""
    if wanted.tail_alone:
        return f"nothing was written{of} in the last week: look farther back with --since"
    return f"nothing was written{of} so lately: look farther back with --since, as in --since 1d"
