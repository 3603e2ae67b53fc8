"""`modelpoc sync`: Git → cluster."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import typer
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from modelpoc.cli.faces import CliError, Context, Namespace, Output, OutputOption, run, told
from modelpoc.cli.periods import seconds
from modelpoc.kube.listening import everywhere, listen, urls
from modelpoc.sync.decision import Pruning
from modelpoc.sync.errors import Misused
from modelpoc.sync.git import Limits
from modelpoc.sync.github import Place
from modelpoc.sync.report import Report
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Settings, Sync
from modelpoc.sync.verdict import State

MIB = 1024 * 1024
MAX_SIZE = 512
_PRUNING = Pruning()

Repo = Annotated[str, typer.Option(help="Repository: https://…, ssh://…, user@host:path or file:///….")]
Branch = Annotated[str, typer.Option(help="Branch to follow.")]
Folder = Annotated[str, typer.Option(help="Folder of the configurations in the repository.")]


Interval = Annotated[str, typer.Option(help="Time between two looks at the branch, as in 60s or 5m.")]
Prune = Annotated[bool, typer.Option("--prune/--no-prune", help="Delete what left the repository.")]
PruneShare = Annotated[
    float,
    typer.Option(help="Share of the synced POCs that may be deleted at once; one always may.", min=0, max=1),
]
AllowPrune = Annotated[
    int | None, typer.Option(help="So many may be deleted at once, whatever the share.", min=0)
]
SecretName = Annotated[
    str | None,
    typer.Option(
        help="Secret namespace/name with username and password, token, or ssh-privatekey and known_hosts; "
        "webhook-secret, status-token. Without: MODELPOC_GIT_TOKEN and its like.",
    ),
]
MaxSize = Annotated[int, typer.Option(help="MiB that the copy of the repository may take.", min=1)]
StatusApi = Annotated[
    str | None, typer.Option(help="Where commit statuses go, as in https://api.github.com.")
]
StatusRepo = Annotated[str | None, typer.Option(help="owner/name there, when the URL does not tell.")]
WebhookPort = Annotated[
    int | None, typer.Option(help="Port on which a signed POST makes it look at once; 0: a free one.")
]
EVERYWHERE = "(default: every one of a Pod; elsewhere every one of IPv4)"
WebhookHost = Annotated[str | None, typer.Option(help=f"Address of that port {EVERYWHERE}.")]


def sync(
    repo: Repo,
    branch: Branch = "main",
    path: Folder = "models_config",
    namespace: Namespace = None,
    interval: Interval = "60s",
    once: Annotated[
        bool, typer.Option("--once", help="Look once, then end: 1 if someone is needed.")
    ] = False,
    wait: Annotated[str, typer.Option(help="With --once: so long for Ready, as in 15m.")] = "0s",
    prune: Prune = _PRUNING.enabled,
    prune_share: PruneShare = _PRUNING.share,
    allow_prune: AllowPrune = None,
    credentials_secret: SecretName = None,
    max_size: MaxSize = MAX_SIZE,
    status_api: StatusApi = None,
    status_repo: StatusRepo = None,
    webhook_port: WebhookPort = None,
    webhook_host: WebhookHost = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Port for /metrics and /healthz on this machine; 0: a free one.")
    ] = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Keep the POCs of a cluster as a branch of a Git repository has them.

    A commit with anything wrong in it changes nothing at all. What left the repository is deleted, never more
    than a share at once. With -o json each look is one line.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s", level="INFO")
    with told(), checked():
        patience = seconds(wait, "--wait")
        settings = settings_of(
            Source.of(repo, branch, path),
            status_api,
            status_repo,
            namespace=namespace,
            context=context,
            interval=seconds(interval, "--interval"),
            pruning=Pruning(prune, prune_share, allow_prune),
            limits=Limits(bytes=max_size * MIB),
            secret=credentials_secret,
            webhook_host=webhook_host or everywhere(),
            webhook_port=webhook_port,
        )
        registry = CollectorRegistry()
        work = Sync(settings, registry, _teller(output))
    run(_once(work, patience, output) if once else _forever(work, registry, metrics_port))


def settings_of(source: Source, status_api: str | None, status_repo: str | None, **others: Any) -> Settings:
    """Raises Misused when `status_api` is given and the repository's name there cannot be told."""
    place = Place.of(status_api, source, status_repo) if status_api else None
    return Settings(source=source, status=place, **others)


@contextmanager
def checked() -> Iterator[None]:
    """What cannot be right in the settings is the user's to mend."""
    try:
        yield
    except Misused as misused:
        raise CliError(str(misused)) from misused


async def _once(work: Sync, wait: float, output: Output) -> None:
    with checked():
        report, verdict = await work.once(wait)
    if verdict is not None and output is Output.TEXT:
        typer.echo(verdict.about)
    if not report.ok:
        raise typer.Exit(1)
    if verdict is not None and verdict.state is not State.SUCCESS:
        raise CliError(f"{report.commit[:12]} is not done: {verdict.about}")


async def _forever(work: Sync, registry: CollectorRegistry, port: int | None) -> None:
    async with _metrics(registry, port):
        with checked():
            await work.run()


def _teller(output: Output) -> Callable[[Report], None]:
    """Each look on one line; in text only those that say something new."""
    last = ""

    def tell(report: Report) -> None:
        nonlocal last
        if output is Output.JSON:
            typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
        elif report.line != last and report.ok:
            typer.echo(report.line)
        elif report.line != last:
            typer.echo(f"error: {report.line}", err=True)
        last = report.line

    return tell


@asynccontextmanager
async def _metrics(registry: CollectorRegistry, port: int | None) -> AsyncIterator[None]:
    """/metrics and /healthz, when they are wanted."""
    if port is None:
        yield
        return

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz)])
    runner = web.AppRunner(app, access_log=None)
    await listen(runner, everywhere(), port)
    for url in urls(runner):
        logging.getLogger(__name__).info("metrics: %s/metrics", url)
    try:
        yield
    finally:
        await runner.cleanup()
