"""What the commands have in common: options, errors for people, and forms of an answer."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from modelpoc.kube.errors import KubeError
from modelpoc.reconcile.errors import CloudError

T = TypeVar("T")


class Output(StrEnum):
    """Forms of an answer."""

    TEXT = "text"
    JSON = "json"


class CliError(Exception):
    """What a person can do something about: says what, where, and what to do. `code` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


ConfigDir = Annotated[Path, typer.Option("--config-dir", help="Folder with one configuration per POC.")]
ModelsDir = Annotated[Path, typer.Option("--models-dir", help="Folder with one model per POC.")]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="Namespace of the POC (default: the context's).")
]
Context = Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig.")]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text or json.")]

CONFIG_DIR = Path("models_config")
MODELS_DIR = Path("models")


@contextmanager
def told() -> Iterator[None]:
    """Errors that a person can do something about go to stderr; Ctrl-C and SIGTERM end with 130."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read on, as `head` does, has had enough: typer ends it quietly
    except (CliError, KubeError, CloudError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(getattr(error, "code", 1) if isinstance(error, CliError) else 1) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end within `told`; an interruption cancels it, so that it cleans up."""
    with told():
        return asyncio.run(work)


def emit(output: Output, data: Any, text: Callable[[], str] | str) -> None:
    """`data` as JSON, or `text`, to stdout."""
    if output is Output.JSON:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
    else:
        typer.echo(text if isinstance(text, str) else text())
