"""`python -m localcloud.demo`: brings a cloud up, ships the example models, asks them, leaves it running."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from localcloud import lifecycle, policies
from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.progress import Tell, telling
from localcloud.demo.errors import DemoFailed
from localcloud.demo.steps import Demo
from localcloud.lifecycle import LifecycleError, Wanted
from localcloud.policies import NoPolicies
from localcloud.rights import RULES
from localcloud.runtime.errors import BuildFailed
from localcloud.state import CloudFiles

app = typer.Typer(add_completion=False)
_FAULTS = (
    LifecycleError,
    ControlPlaneError,
    BuildFailed,
    DemoFailed,
    NoPolicies,
    BotoCoreError,
    ClientError,
    ValueError,
)


@app.command()
def demo(
    name: Annotated[str, typer.Option(help="Name of the cloud.")] = "default",
    time_scale: Annotated[float, typer.Option(help="AWS's durations are divided by it.")] = 20.0,
    checkout: Annotated[Path, typer.Option(help="The repository.")] = Path(),
) -> None:
    """From nothing to two predictions, on this machine. A cloud that runs is gone on with."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _told(name), telling() as plain:
        tell = _timed(plain)
        files = CloudFiles.of(name)
        granted = {} if lifecycle.running(files) else policies.asked(Wanted.account)
        wanted = Wanted(time_scale, crds=checkout / "crds", policies=granted, rules=RULES)
        lifecycle.up(files, wanted, tell)
        asyncio.run(Demo(files, checkout, tell).run())


def _timed(tell: Tell) -> Tell:
    """Before each line, how many seconds after the beginning its subject came up."""
    began = time.monotonic()
    current = prefix = ""

    def told(line: str) -> None:
        nonlocal current, prefix
        subject = line.partition("…")[0]
        if subject != current:
            current, prefix = subject, f"[{time.monotonic() - began:5.1f} s] "
        tell(prefix + line)

    return told


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What went wrong, and how to go on, to stderr: exit code 1, and 130 for Ctrl-C."""
    try:
        yield
    except _FAULTS as error:
        typer.echo(f"the demo failed: {error}\n{_stands(name)}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo(f"\ninterrupted. {_stands(name)}", err=True)
        raise typer.Exit(130) from None


def _stands(name: str) -> str:
    files = CloudFiles.of(name)
    named = "" if name == "default" else f" NAME={name}"
    if not files.root.exists():
        return f"Nothing is left running: `make demo{named}` begins anew."
    logs = f".venv/bin/modelpoc local logs operator --name {name}"
    return f"The cloud is left running: `make demo{named}` goes on, `make down{named}` ends it.\nSee: {logs}"


if __name__ == "__main__":
    app()
