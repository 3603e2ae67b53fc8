"""`modelpoc apply`: config → running POC."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.cli.applying import Applied, Manifest, Outcome, look_again, put
from modelpoc.cli.completion import configured
from modelpoc.cli.configs import chosen
from modelpoc.cli.faces import (
    CONFIG_DIR,
    MODELS_DIR,
    CliError,
    ConfigDir,
    Context,
    ModelsDir,
    Namespace,
    Output,
    OutputOption,
    emit,
    told,
)
from modelpoc.cli.finding import platform_name, platform_of
from modelpoc.cli.periods import seconds
from modelpoc.cli.progress import Teller, telling
from modelpoc.cli.results import Result, exit_code, failed, of_wait, text
from modelpoc.cli.seen import Ending, Seen, ending
from modelpoc.cli.shippers import shipped, shippers
from modelpoc.cli.waiting import Wait
from modelpoc.kube.cluster import Cluster, connect
from modelpoc.kube.errors import KubeError

_WATCHED = 50
"""POCs that are watched at the same time: each takes one of a client's connections, of which it has 100."""


@dataclass(frozen=True)
class Ways:
    """How it is to be applied."""

    context: str | None
    force: bool
    dry_run: bool
    wait: bool
    timeout: float


def apply(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="POCs to apply.", autocompletion=configured),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All POCs of the folder.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until each one answers, or cannot.")] = True,
    timeout: Annotated[str, typer.Option(help="How long to wait, as in 90s or 15m.")] = "20m",
    build: Annotated[
        bool, typer.Option(help="On a cloud of this machine, build and upload the model first.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only ask the API server what it would say.")
    ] = False,
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields that others hold.")
    ] = False,
    config_dir: ConfigDir = CONFIG_DIR,
    models_dir: ModelsDir = MODELS_DIR,
    namespace: Namespace = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Put POCs into the cluster as their configs say, and wait until they answer.

    Fields are applied server-side by the manager modelpoc-cli; what `modelpoc destroy` took apart comes back.
    Ends with 0 when every POC is Ready (or runs the stand-in image, where the config says PLACEHOLDER), with
    1 when one cannot be or was not in time: the reason and the last log lines are told. `-o json` gives an
    object for one NAME, else a list.
    """
    with told():
        pocs = _chosen(names or [], everything, config_dir)
        ways = Ways(context, force_conflicts, dry_run, wait, seconds(timeout, "--timeout"))
        with telling() as teller:
            server, platforms, manifests = asyncio.run(_look(pocs, namespace, ways, build and not dry_run))
            if build and not dry_run:
                manifests = [_shipped(m, platforms, models_dir, server, teller) for m in manifests]
            results = asyncio.run(_apply(manifests, ways, teller))
        data = [result.data() for result in results]
        emit(
            output,
            data[0] if len(names or ()) == 1 else data,
            lambda: text(results, dry_run=dry_run, where=_where(namespace, context)),
        )
        for result in results:
            if result.error:
                typer.echo(f"error: {result.seen.name}: {result.error}", err=True)
    if code := exit_code(results):
        raise typer.Exit(code)


def _where(namespace: str | None, context: str | None) -> str:
    """The options that lead another command to the same place."""
    given = (("--namespace", namespace), ("--context", context))
    return "".join(f" {option} {shlex.quote(value)}" for option, value in given if value)


def _chosen(names: Sequence[str], everything: bool, directory: Path) -> list[ModelPOC]:
    if bool(names) == everything:
        raise CliError("name the POCs to apply, or say --all" + (", not both" if everything else ""))
    return chosen(names, directory, "applied")


async def _look(
    pocs: Sequence[ModelPOC], namespace: str | None, ways: Ways, build: bool
) -> tuple[str, dict[str, Manifest], list[Manifest]]:
    """The API server, the platforms that building needs to know of, and the manifests in their namespace."""
    async with connect(ways.context) as cluster:
        manifests = [_placed(catalog.render(poc), namespace or cluster.namespace) for poc in pocs]
        of_each = {platform_name(m): m for m in manifests} if build and shippers() else {}
        found = {name: await platform_of(cluster, m) for name, m in of_each.items()}
        return cluster.server, {name: p for name, p in found.items() if p is not None}, manifests


def _placed(manifest: Manifest, namespace: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def _shipped(
    manifest: Manifest, platforms: Mapping[str, Manifest], models: Path, server: str, teller: Teller
) -> Manifest:
    """Without a platform there is nowhere to ship to; the operator says so in the POC's status."""
    platform = platforms.get(platform_name(manifest))
    if platform is None:
        return manifest
    return shipped(manifest, platform, models=models, server=server, tell=teller.say, by=shippers())


async def _apply(manifests: Sequence[Manifest], ways: Ways, teller: Teller) -> list[Result]:
    async with connect(ways.context) as cluster:
        work = _Work(cluster, ways, teller, many=len(manifests) > 1)
        if not work.many:
            return [await work.one(manifests[0])]
        return list(await asyncio.gather(*(work.tried(manifest) for manifest in manifests)))


@dataclass
class _Work:
    """POCs being applied side by side."""

    cluster: Cluster
    ways: Ways
    teller: Teller
    many: bool

    def __post_init__(self) -> None:
        self._watching = asyncio.Semaphore(_WATCHED)

    async def tried(self, manifest: Manifest) -> Result:
        """One of many: what goes wrong with it keeps nothing from the others."""
        try:
            return await self.one(manifest)
        except (CliError, KubeError) as error:
            self.teller.say(f"{self._label(manifest)}failed")
            return failed(manifest, str(error))

    async def one(self, manifest: Manifest) -> Result:
        """Raises CliError and KubeError."""
        began, label = asyncio.get_running_loop().time(), self._label(manifest)
        dry_run, force = self.ways.dry_run, self.ways.force
        applied = await put(self.cluster, manifest, force=force, dry_run=dry_run)
        seen, stale = Seen.of(applied.after), None if dry_run else await self._stale(applied)
        if not dry_run:
            self.teller.say(f"{label}{seen.namespace}/{seen.name} {applied.outcome}")
        if dry_run or not self.ways.wait:
            return Result(applied.outcome, seen, None, 0.0)
        async with self._watching:
            ended = await Wait(self.cluster, seen, ending, self.teller, label, stale).until(self.ways.timeout)
        lasted = asyncio.get_running_loop().time() - began
        asked = bool(manifest["spec"].get("suspend"))
        return of_wait(applied.outcome, ended, lasted, asked_to_suspend=asked)

    def _label(self, manifest: Manifest) -> str:
        return f"{manifest['metadata']['name']}: " if self.many else ""

    async def _stale(self, applied: Applied) -> str | None:
        """The version of the object whose end is not to be believed: it stalled, and somebody applies the
        very same again. The operator is asked to try once more."""
        seen = Seen.of(applied.after)
        if applied.outcome is not Outcome.UNCHANGED or ending(seen) is not Ending.STALLED:
            return None
        again = await look_again(self.cluster, seen.name, seen.namespace)
        return str(again["metadata"]["resourceVersion"])
