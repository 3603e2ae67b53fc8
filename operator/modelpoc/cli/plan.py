"""`modelpoc plan`: what applying a config would do, with nothing written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.aws.credentials import Session, session_in
from modelpoc.catalog import CONFIG
from modelpoc.cli import completion
from modelpoc.cli.configs import chosen
from modelpoc.cli.faces import CONFIG_DIR, CliError, ConfigDir, Context, Namespace, Output, emit, run
from modelpoc.cli.plan_objects import Objects, Wanted
from modelpoc.cli.plan_result import Planned, exit_code, result
from modelpoc.cli.plan_text import markdown, text
from modelpoc.cli.progress import Teller, telling
from modelpoc.controller.accounts import Accounts
from modelpoc.controller.planning import Planning
from modelpoc.desired.secrets import secret_refs
from modelpoc.kube.cluster import connect
from modelpoc.reconcile.errors import CloudError

_DOUBT = 0.0
"""Nothing was written, so no list can lag behind it."""


class Form(StrEnum):
    """Forms of a plan."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True)
class Asked:
    """What is to be planned."""

    names: tuple[str, ...]
    directory: Path | None
    """Of configs; None: as the objects in the cluster are."""
    namespace: str | None
    context: str | None


def plan(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="POCs to plan.", autocompletion=completion.configured),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All POCs of the folder.")] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="What the cluster's objects ask for, whatever the configs say."),
    ] = False,
    config_dir: ConfigDir = CONFIG_DIR,
    namespace: Namespace = None,
    context: Context = None,
    output: Annotated[
        Form, typer.Option("--output", "-o", help="text, json, or markdown for a pull request.")
    ] = Form.TEXT,
) -> None:
    """Show what applying a config would create, change, replace and delete in AWS, field by field.

    The operator's own engine compares the config with what AWS holds now, read with your own credentials.
    Nothing is written. A POC without a config here is planned as the cluster has it. Ends with 0 when nothing
    would change, 2 when something would, 1 when something speaks against it.
    """
    if bool(names) == everything:
        run(_refuse(everything))
    asked = Asked(tuple(dict.fromkeys(names or ())), None if live else config_dir, namespace, context)
    results = run(_plan(asked))
    data = [r.data() for r in results]
    if output is Form.MARKDOWN:
        typer.echo(markdown(results))
    else:
        emit(Output(output.value), data[0] if len(asked.names) == 1 else data, lambda: text(results))
    if code := exit_code(results):
        raise typer.Exit(code)


async def _refuse(everything: bool) -> None:
    raise CliError("name the POCs to plan, or say --all" + (", not both" if everything else ""))


async def _plan(asked: Asked) -> list[Planned]:
    now = datetime.now(UTC)
    with telling() as teller:
        async with connect(asked.context) as cluster:
            objects = Objects(cluster, asked.namespace or cluster.namespace)
            await objects.read()
            wanted = _wanted(asked, objects, now)
            unread = await objects.read_secrets(wanted)
        async with _accounts() as accounts:
            planning = Planning(objects.store, accounts)
            return [await _one(planning, one, now, teller, unread) for one in wanted]


def _wanted(asked: Asked, objects: Objects, now: datetime) -> list[Wanted]:
    directory = asked.directory
    if directory is None:
        return objects.live(asked.names)
    if not asked.names:
        return objects.overlaid(chosen((), directory, "planned"), now)
    here = [name for name in asked.names if (directory / name / CONFIG).is_file()]
    pocs = chosen(here, directory, "planned") if here else []
    others = [name for name in asked.names if name not in here]
    return [*objects.overlaid(pocs, now), *(objects.live(others) if others else ())]


async def _one(
    planning: Planning, one: Wanted, now: datetime, teller: Teller, unread: Sequence[str]
) -> Planned:
    teller.now(one.key.name, "reading AWS")
    try:
        found = await planning.foreseen(one.key, now)
    except (CloudError, ValueError) as error:
        return Planned(one.key.name, one.key.namespace, one.live is not None, problems=(str(error),))
    finally:
        teller.now(one.key.name, "")
    return result(one.poc, one.live, found, (*one.notes, *_notes(one, unread)))


def _notes(one: Wanted, unread: Sequence[str]) -> Iterable[str]:
    if one.live and one.live.metadata.deletion_timestamp:
        yield "the object is being deleted"
    if any(ref.secret_key_ref for ref in secret_refs(one.poc)):
        yield from unread


@asynccontextmanager
async def _accounts() -> AsyncIterator[Accounts]:
    with ThreadPoolExecutor(16, thread_name_prefix="aws") as threads:
        accounts = Accounts(threads, lambda *_: None, _DOUBT, 0.0, _session)
        yield accounts


def _session(platform: ModelPlatform) -> Session:
    spec = platform.spec
    return session_in(spec.account_id, spec.region, spec.assume_role_arn)
