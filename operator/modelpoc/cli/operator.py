"""`modelpoc operator`: the container's entry point."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

import typer

from modelpoc.controller import logs
from modelpoc.controller.operator import Operator
from modelpoc.controller.settings import Settings

_D = Settings()


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
    http_host: Annotated[str, typer.Option(help="Address for health and metrics.")] = _D.http_host,
    http_port: Annotated[
        int, typer.Option(help="Port for health and metrics; 0: a free one.")
    ] = _D.http_port,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
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
        http_host=http_host,
        http_port=http_port,
    )
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    await Operator(settings).run()
