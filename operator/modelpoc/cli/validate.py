"""`modelpoc validate`: what is wrong in a repository, before anything is built or applied."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from modelpoc import catalog
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding
from modelpoc.catalog.repository import Checked, Repository, about, check
from modelpoc.cli.against import Surroundings, against_findings, from_files, with_cluster
from modelpoc.cli.completion import configured
from modelpoc.cli.faces import CONFIG_DIR, MODELS_DIR, CliError, ConfigDir, Context, ModelsDir, run
from modelpoc.cli.secrets_there import aws_findings, kubernetes_findings, named, unseen
from modelpoc.cli.validate_forms import Form, told_as
from modelpoc.kube.cluster import Cluster, connect
from modelpoc.kube.errors import NoCluster


@dataclass(frozen=True)
class _Wanted:
    """What is to be looked at, and how far."""

    names: tuple[str, ...]
    repository: Repository
    platforms: tuple[Path, ...]
    live: bool
    secrets: bool
    context: str | None


def validate(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these POCs (default: all).", autocompletion=configured)
    ] = None,
    config_dir: ConfigDir = CONFIG_DIR,
    models_dir: ModelsDir = MODELS_DIR,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Namespace of the objects.")] = (
        catalog.DEFAULT_NAMESPACE
    ),
    platform: Annotated[
        list[Path] | None,
        typer.Option(help="Hold the POCs against the ModelPlatforms of this file; may be given again."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Hold them against the cluster's platforms and POCs.")
    ] = False,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets",
            help="Look whether the secrets that they name exist, in the platform's account; never at values. "
            "Without --platform, the cluster tells which account that is.",
        ),
    ] = False,
    context: Context = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="text, json or github.")] = Form.TEXT,
) -> None:
    """Check a repository: names, files, locks, configurations, and what POCs must not share.

    Ends with 1 when there are errors; warnings and notices do not count.
    """
    repository = Repository(_near(models_dir), _near(config_dir), namespace)
    files = tuple(_near(file) for file in platform or [])
    wanted = _Wanted(tuple(names or ()), repository, files, live, secrets, context)
    checked = run(_checked(wanted))
    typer.echo(told_as(output, checked), nl=False)
    if checked.fails:
        raise typer.Exit(1)


def _near(path: Path) -> Path:
    """As seen from here, which is how annotations name files."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


async def _checked(wanted: _Wanted) -> Checked:
    repository, around = wanted.repository, from_files(wanted.platforms)
    async with _cluster(wanted) as cluster:
        if cluster is not None:
            around = await with_cluster(around, cluster, repository.configs)
        repository = replace(repository, base_paths=around.base_paths)
        checked = check(repository, datetime.now(UTC))
        more = list(against_findings(around, checked.entries, repository.namespace))
        chosen = _chosen(checked, wanted.names)
        if wanted.secrets:
            more += await _secrets(around, chosen, repository.namespace, cluster, wanted)
    findings = tuple(sorted({*checked.findings, *more}))
    if not wanted.names:
        return replace(checked, findings=findings)
    return Checked(wanted.names, chosen, tuple(about(findings, repository, wanted.names)))


@asynccontextmanager
async def _cluster(wanted: _Wanted) -> AsyncIterator[Cluster | None]:
    """Only where it is needed: the usual check wants none."""
    if not wanted.live and not (wanted.secrets and not wanted.platforms):
        yield None
        return
    async with connect(wanted.context) as cluster:
        yield cluster


def _chosen(checked: Checked, names: Sequence[str]) -> tuple[Entry, ...]:
    """Raises CliError when a name is nobody's."""
    for name in names:
        if name not in checked.names:
            close = difflib.get_close_matches(name, checked.names, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(checked.names) or 'none'}"
            raise CliError(f"no POC is called {name}: {hint}")
    return tuple(entry for entry in checked.entries if not names or entry.name in names)


async def _secrets(
    around: Surroundings, entries: Sequence[Entry], namespace: str, cluster: Cluster | None, wanted: _Wanted
) -> list[Finding]:
    secrets = named(entries)
    found = [
        finding
        for against in around.platforms.values()
        for finding in await aws_findings(against.platform, secrets)
    ]
    if not any(secret.ref.secret_key_ref for secret in secrets):
        return found
    if cluster is not None:
        return [*found, *await kubernetes_findings(cluster, secrets, namespace)]
    try:
        async with connect(wanted.context) as other:
            return [*found, *await kubernetes_findings(other, secrets, namespace)]
    except NoCluster as error:
        return [*found, *unseen(secrets, str(error))]
