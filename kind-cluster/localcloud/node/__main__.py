"""`python -m localcloud.node up|down|status`: a real Kubernetes node on this machine, and nothing else."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.progress import Tell, telling
from localcloud.imaging import ImagingError
from localcloud.locks import alone
from localcloud.node import Node, NodeError
from localcloud.state import state_home

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Name = Annotated[str, typer.Option(help="Which node; several run side by side.")]


@app.command()
def up(
    name: Name = "default",
    image: Annotated[
        list[Path] | None, typer.Option(help="Images to bring: a file of `docker save`.")
    ] = None,
) -> None:
    """Start a node and return when it is Ready; the first time builds its programs (minutes)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _told():
        with telling() as tell:
            with _alone(name, tell):
                node = Node.load_state(_directory(name)) or Node.start(_directory(name), tell=tell)
            for tar in image or []:
                tell(f"bringing {tar.name} to the node")
                node.load(tar)
        _show(name, node)


@app.command()
def down(name: Name = "default") -> None:
    """Take a node away with all it had."""
    with _told():
        with telling() as tell, _alone(name, tell):
            gone = Node.clear(_directory(name))
        typer.echo(f"node {name} {'is gone' if gone else 'does not run'}")


@app.command()
def status(name: Name = "default") -> None:
    """Where a node is reached; exit code 1 when it does not run."""
    with _told():
        if (node := Node.load_state(_directory(name))) is None:
            raise NodeError(f"node {name} does not run")
        _show(name, node)


def _show(name: str, node: Node) -> None:
    typer.echo(
        f"node {name} runs; its API is {node.server}, and its Pods find this machine at {node.host_address}"
    )
    typer.echo(f"  export KUBECONFIG={node.kubeconfig}")
    typer.echo(f"  python -m localcloud.node down --name {name}")


def _alone(name: str, tell: Tell) -> AbstractContextManager[None]:
    """Two that start the same would each clear away what the other has begun."""
    directory = _directory(name)
    lock = directory.with_name(f".{name}.lock")
    return alone(directory, lock, lambda: tell(f"waiting for another command on the node {name} …"))


def _directory(name: str) -> Path:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
        raise NodeError(f"{name!r} is no name of a node: up to 40 of a-z, 0-9 and -")
    return state_home() / "nodes" / name


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong to stderr, with exit code 1; Ctrl-C is 130."""
    try:
        yield
    except (ControlPlaneError, ImagingError, NodeError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
