"""`python -m localcloud.cluster up|down`: a real cluster with the operator in it, and the example models."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cluster.chart import ChartFailed
from localcloud.cluster.installed import Installed, down
from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.progress import telling
from localcloud.demo.account import prepare
from localcloud.demo.errors import DemoFailed
from localcloud.demo.steps import Demo
from localcloud.given import NoSuchCluster
from localcloud.imaging import ImagingError
from localcloud.lifecycle import LifecycleError
from localcloud.node import NodeError
from localcloud.policies import NoPolicies
from localcloud.runtime.errors import BuildFailed
from localcloud.state import CloudFiles

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
_FAULTS = (
    BotoCoreError,
    BuildFailed,
    ChartFailed,
    ClientError,
    ControlPlaneError,
    DemoFailed,
    ImagingError,
    LifecycleError,
    NoPolicies,
    NoSuchCluster,
    NodeError,
    OSError,  # such as a full disk
    SubprocessError,  # such as one that took too long
    ValueError,
)
Name = Annotated[str, typer.Option(help="Which cluster; several may run side by side.")]


@app.command()
def up(
    name: Name = "cluster",
    time_scale: Annotated[float, typer.Option(help="AWS's durations are divided by it.")] = 20.0,
    checkout: Annotated[Path, typer.Option(help="The repository.")] = Path(),
    models: Annotated[bool, typer.Option(help="Ship the example models too.")] = True,
) -> None:
    """Node, images, local AWS, chart, and the example models; a cluster that runs is gone on with."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _told(), telling() as tell:
        files = CloudFiles.of(name)
        installed = Installed.load(name) or Installed.up(name, time_scale=time_scale, tell=tell)
        if models:
            asyncio.run(Demo(files, checkout, tell).ship(prepare(files)))
    typer.echo(f"  export KUBECONFIG={installed.node.kubeconfig}")
    named = "" if name == "cluster" else f" NAME={name}"
    typer.echo(
        f"  kubectl get pods --namespace modelpoc-system; `make cluster-down{named}` takes it all away"
    )


@app.command("down")
def take_down(name: Name = "cluster") -> None:
    """Take everything of a cluster away."""
    with _told(), telling() as tell:
        gone = down(name, tell)
    typer.echo(f"cluster {name} {'is gone' if gone else 'does not run'}")


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong to stderr, with exit code 1; Ctrl-C is 130."""
    try:
        yield
    except _FAULTS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
