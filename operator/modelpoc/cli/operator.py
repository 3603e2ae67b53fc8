"""`modelpoc operator`: the container's entry point."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from modelpoc.cli.faces import CliError, told
from modelpoc.cli.periods import seconds
from modelpoc.cli.sync import (
    EVERYWHERE,
    MAX_SIZE,
    MIB,
    AllowPrune,
    Branch,
    Folder,
    Interval,
    MaxSize,
    PruneShare,
    SecretName,
    StatusApi,
    StatusRepo,
    WebhookHost,
    WebhookPort,
    checked,
    settings_of,
)
from modelpoc.controller import logs
from modelpoc.controller.leading import Candidacy
from modelpoc.controller.operator import Operator
from modelpoc.controller.settings import Settings
from modelpoc.kube.lease import LeaseLost
from modelpoc.kube.lease_election import Periods
from modelpoc.kube.listening import everywhere, url
from modelpoc.sync.decision import Pruning
from modelpoc.sync.git import Limits
from modelpoc.sync.passing_on import PassingOn
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Sync

log = logging.getLogger(__name__)

_D, _P = Settings(), Periods()
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_AGAIN_SECONDS = 60.0


def operator(
    workers: Annotated[int, typer.Option(help="Passes at the same time.", min=1)] = _D.workers,
    poll: Annotated[
        float, typer.Option(help="Seconds between two looks at what AWS is at work on.")
    ] = _D.poll,
    fast_resync: Annotated[
        float, typer.Option(help="Seconds within which everything that listings show is compared.")
    ] = _D.fast_resync,
    deep_resync: Annotated[
        float, typer.Option(help="Seconds within which everything else is compared, and URLs asked again.")
    ] = _D.deep_resync,
    stalled_retry: Annotated[
        float, typer.Option(help="Seconds between two tries of what seems hopeless.")
    ] = _D.stalled_retry,
    sweep: Annotated[float, typer.Option(help="Seconds between two searches for leftovers.")] = _D.sweep,
    probe_patience: Annotated[
        float, typer.Option(help="Seconds that a public URL may take to answer.")
    ] = _D.probe_patience,
    doubt: Annotated[
        float, typer.Option(help="Seconds by which AWS's lists may lag behind a write.")
    ] = _D.doubt,
    linger: Annotated[
        float, typer.Option(help="Seconds for which what answered stays after a switch of runtime.")
    ] = _D.linger,
    secret_namespace: Annotated[
        list[str] | None,
        typer.Option(
            help="Read labelled Secrets only in this namespace; may be given again. Without: in all."
        ),
    ] = None,
    http_host: Annotated[
        str | None, typer.Option(help=f"Address for health and metrics {EVERYWHERE}.")
    ] = None,
    http_port: Annotated[
        int, typer.Option(help="Port for health and metrics; 0: a free one.")
    ] = _D.http_port,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    sync_repo: Annotated[
        str | None, typer.Option(help="Also run `modelpoc sync` from this repository; --sync-… set it up.")
    ] = None,
    sync_branch: Branch = "main",
    sync_path: Folder = "models_config",
    sync_namespace: Annotated[str, typer.Option(help="Namespace of what is synced.")] = "default",
    sync_interval: Interval = "60s",
    sync_prune: Annotated[
        bool, typer.Option("--sync-prune/--no-sync-prune", help="Delete what left the repository.")
    ] = True,
    sync_prune_share: PruneShare = Pruning.share,
    sync_allow_prune: AllowPrune = None,
    sync_credentials_secret: SecretName = None,
    sync_max_size: MaxSize = MAX_SIZE,
    sync_status_api: StatusApi = None,
    sync_status_repo: StatusRepo = None,
    sync_webhook_port: WebhookPort = None,
    sync_webhook_host: WebhookHost = None,
    leader_elect: Annotated[
        bool, typer.Option("--leader-elect/--no-leader-elect", help="Work only while holding the lease.")
    ] = False,
    lease_namespace: Annotated[
        str | None, typer.Option(help="Where the lease is (default: the Pod's namespace, else default).")
    ] = None,
    lease_name: Annotated[str, typer.Option(help="Name of the lease.")] = Candidacy.name,
    lease_duration: Annotated[
        int, typer.Option(help="Seconds for which others wait after the leader's last renewal.", min=2)
    ] = int(_P.duration),
    renew_deadline: Annotated[
        int, typer.Option(help="Seconds after a renewal for which the leader writes.", min=2)
    ] = int(_P.deadline),
    retry_period: Annotated[
        int, typer.Option(help="Seconds between two renewals, or two looks at the lease.", min=1)
    ] = int(_P.retry),
) -> None:
    """Run the operator against the cluster of KUBECONFIG, or of the Pod that it runs in."""
    logs.configure(log_level)
    settings = replace(
        _D,
        workers=workers,
        poll=poll,
        fast_resync=fast_resync,
        deep_resync=deep_resync,
        stalled_retry=stalled_retry,
        sweep=sweep,
        probe_patience=probe_patience,
        doubt=doubt,
        linger=linger,
        secret_namespaces=tuple(secret_namespace or ()),
        http_host=http_host or _D.http_host,
        http_port=http_port,
    )
    with told(), checked():
        synced = sync_repo and settings_of(
            Source.of(sync_repo, sync_branch, sync_path),
            sync_status_api,
            sync_status_repo,
            namespace=sync_namespace,
            interval=seconds(sync_interval, "--sync-interval"),
            pruning=Pruning(sync_prune, sync_prune_share, sync_allow_prune),
            limits=Limits(bytes=sync_max_size * MIB),
            secret=sync_credentials_secret,
            webhook_host=sync_webhook_host or everywhere(),
            webhook_port=sync_webhook_port,
        )
        candidacy = _candidacy(
            leader_elect, lease_namespace, lease_name, (lease_duration, renew_deadline, retry_period)
        )
    made = Operator(settings, candidacy)
    if synced:
        sync = Sync(synced, made.metrics.registry, may_write=made.may_write)
        made.beside(lambda: _beside(sync))
    if synced and candidacy and (port := synced.webhook_port):
        passing_on = PassingOn(lambda: _url(made.leader_address(), port), synced.webhook_host, port)
        made.meanwhile(lambda: _beside(passing_on))
    _run(made)


def _candidacy(
    wanted: bool, namespace: str | None, name: str, periods: tuple[float, float, float]
) -> Candidacy | None:
    """Raises CliError when the periods do not fit together."""
    if not wanted:
        return None
    try:
        fitting = Periods(*periods)
    except ValueError as error:
        raise CliError(f"--lease-duration, --renew-deadline, --retry-period: {error}") from error
    # A Pod's name stays when its container starts anew, so it alone does not tell two processes apart.
    who = f"{os.environ.get('POD_NAME') or socket.gethostname()}_{secrets.token_hex(4)}"
    address = os.environ.get("POD_IP", "")
    return Candidacy(who, namespace or _own_namespace(), name, fitting, address)


def _url(address: str, port: int) -> str:
    """Of the webhook; "" without an address."""
    return url(address, port) if address else ""


def _own_namespace() -> str:
    if given := os.environ.get("POD_NAMESPACE"):
        return given
    return _NAMESPACE_FILE.read_text().strip() if _NAMESPACE_FILE.exists() else "default"


def _run(operator: Operator) -> None:
    """Exits: with 0 when told to stop, with 1 when another leads now.

    At once, when the operator itself has ended. Python would wait for every thread: for an AWS that does not
    answer, for half a minute.
    """
    with asyncio.Runner() as runner:
        code = 0
        try:
            runner.run(operator.run())
        except LeaseLost as error:
            log.error("%s: ending, so that a new process begins afresh", error)
            code = 1
        logging.shutdown()
        os._exit(code)


async def _beside(work: Sync | PassingOn, again: float = _AGAIN_SECONDS) -> None:
    """Begun again after what ends it, as a port that is taken: all else goes on, and somebody is told."""
    while True:
        try:
            await work.run()
        except Exception:
            log.exception("%s ended; it begins again in %g s", type(work).__name__, again)
        await asyncio.sleep(again)
