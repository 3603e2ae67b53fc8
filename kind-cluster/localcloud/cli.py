"""`modelpoc local …`: a whole cloud on this machine."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from localcloud import lifecycle, logs, policies, status
from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.progress import Tell, telling
from localcloud.demo.account import ensure_platform
from localcloud.demo.errors import DemoFailed
from localcloud.given import NoSuchCluster
from localcloud.lifecycle import LifecycleError, Wanted
from localcloud.policies import NoPolicies
from localcloud.rights import RULES
from localcloud.runtime import images
from localcloud.runtime.errors import BuildFailed
from localcloud.state import CloudFiles

app = typer.Typer(help="A whole cloud on this machine.", no_args_is_help=True, add_completion=False)

_FAULTS = (
    LifecycleError,
    ControlPlaneError,
    BuildFailed,
    DemoFailed,
    ValueError,
    BotoCoreError,
    ClientError,
    NoSuchCluster,
    NoPolicies,
)
_CRDS = Path(__file__).resolve().parents[2] / "crds"
Name = Annotated[str, typer.Option("--name", "-n", help="Which cloud; several may run side by side.")]


class Output(StrEnum):
    """Forms of an answer."""

    TEXT = "text"
    JSON = "json"
    ENV = "env"


@app.command()
def up(
    name: Name = "default",
    time_scale: Annotated[float, typer.Option(min=0.1, help="AWS's durations are divided by it.")] = 20.0,
    wait: Annotated[bool, typer.Option(help="Return when the CRDs are served.")] = True,
    operator: Annotated[bool, typer.Option(help="Run the operator as a process.")] = True,
    account: Annotated[str, typer.Option(help="The account's 12 digits.")] = "000000000000",
    published_rates: Annotated[bool, typer.Option(help="Apply AWS's published request rates.")] = False,
    crds: Annotated[Path, typer.Option(help="CRDs to apply.", show_default="the checkout's")] = _CRDS,
    platform: Annotated[
        bool, typer.Option(help="Make bucket and roles, and a platform on them, unless there is one.")
    ] = True,
    host: Annotated[str, typer.Option(help="Address where AWS and its APIs listen.")] = "127.0.0.1",
    kubeconfig: Annotated[
        Path | None,
        typer.Option(
            help="Stand beside this cluster, which runs already, instead of a control plane of one's own."
        ),
    ] = None,
) -> None:
    """Start control plane, local AWS and operator; a cloud that runs is left as it is."""
    with _told():
        files = CloudFiles.of(name)
        with telling() as tell:
            wanted = Wanted(
                time_scale,
                operator,
                account,
                published_rates,
                crds,
                wait,
                host=host,
                kubeconfig=kubeconfig,
                policies={} if lifecycle.running(files) else policies.asked(account),
                rules=_rules(tell),
            )
            outcome = lifecycle.up(files, wanted, tell)
            if platform and wait and any(crds.glob("*.yaml")):
                asyncio.run(ensure_platform(files, tell))
        typer.echo(f"cloud {name} {outcome}")
        _say(status.document(files))


def _rules(tell: Tell) -> Path | None:
    if RULES.exists():
        return RULES
    tell("there is no chart beside this package: the operator runs as the cluster's administrator")
    return None


@app.command()
def down(name: Name = "default") -> None:
    """Stop everything of a cloud and remove its files."""
    with _told():
        stopped = lifecycle.down(CloudFiles.of(name))
        typer.echo(f"cloud {name} {'is gone' if stopped else 'does not run'}")


@app.command("status")
def show(
    name: Name = "default",
    output: Annotated[
        Output, typer.Option("--output", "-o", help="env: lines for a shell's eval.")
    ] = Output.TEXT,
) -> None:
    """Say where everything answers. Exit code 1 if the cloud does not run."""
    with _told():
        document = status.document(CloudFiles.of(name))
    if output is Output.JSON:
        typer.echo(json.dumps(document, indent=2))
    elif output is Output.ENV:
        for key, value in document["environment"].items():
            typer.echo(f"export {key}={shlex.quote(value)}")
        if document["kubectl"] and not shutil.which("kubectl"):
            typer.echo(f'export PATH={shlex.quote(str(Path(document["kubectl"]).parent))}:"$PATH"')
    else:
        _say(document)
    if not document["running"]:
        raise typer.Exit(1)


@app.command("logs")
def show_logs(
    what: Annotated[str, typer.Argument(help="aws, operator, apiserver, etcd, or a task or POC.")] = "aws",
    name: Name = "default",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the log of a process of the cloud, or of a task."""
    with _told():
        files = CloudFiles.of(name)
        for line in _lines(files, what, follow):
            typer.echo(line)


@app.command()
def build(
    model: Annotated[str, typer.Argument(help="A directory in the models' folder.")],
    name: Name = "default",
    models_dir: Annotated[Path, typer.Option(help="The models' folder.")] = Path("models"),
    tag: Annotated[str, typer.Option(help="A name for this content beside its digest.")] = "latest",
) -> None:
    """Take an immutable snapshot of a model and print its image name."""
    with _told():
        files = CloudFiles.of(name)
        if not files.root.exists():
            raise LifecycleError(f"cloud {name!r} does not run: start it with `modelpoc local up`")
        image = images.build(model, models_dir / model, files.images, tag=tag)
        typer.echo(image.reference)


def _lines(files: CloudFiles, what: str, follow: bool) -> Iterator[str]:
    if what not in logs.PROCESSES:
        return logs.of_task(status.client(files, "logs"), what, follow)
    file = files.log(what)
    if not file.exists():
        raise LifecycleError(f"there is no log of {what!r} in cloud {files.name!r}")
    return logs.of_file(file, follow)


def _say(document: dict[str, Any]) -> None:
    for key in ("kubeconfig", "kubectl", "awsEndpointUrl", "apiUrl", "timeScale", "stateDir"):
        if document[key] is not None:
            typer.echo(f"  {key:15} {document[key]}")
    pids = ", ".join(f"{name} {pid}" for name, pid in document["pids"].items())
    typer.echo(f"  {'processes':15} {pids or 'none'}")
    for balancer in document["loadBalancers"]:
        typer.echo(f"  {'loadBalancer':15} {balancer['name']} {balancer['dnsName']} ({balancer['state']})")


@contextmanager
def _told() -> Iterator[None]:
    """Errors that a person can do something about go to stderr, with exit code 1; Ctrl-C is 130."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except _FAULTS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)
