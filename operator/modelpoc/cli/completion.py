"""Shell completion of POCs' names."""

from __future__ import annotations

import asyncio
import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import typer

from modelpoc import catalog
from modelpoc.cli.faces import CONFIG_DIR

QUICK_SECONDS = 1.5
"""So long a cluster may take to answer before names come from the folder alone."""


def configured(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the POCs in the folder of configs, but for those that stand on the line already."""
    named = ctx.params.get("names") or ()
    return [name for name in _folder(ctx) if name.startswith(incomplete) and name not in named]


def there(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the POCs in the cluster, when it answers quickly; else those of the folder."""
    names = _quickly(ctx.params.get("context"), ctx.params.get("namespace"))
    return [name for name in (_folder(ctx) if names is None else names) if name.startswith(incomplete)]


def _folder(ctx: typer.Context) -> list[str]:
    directory = Path(ctx.params.get("config_dir") or CONFIG_DIR)
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if (path / catalog.CONFIG).is_file())


def _quickly(context: str | None, namespace: str | None) -> list[str] | None:
    try:
        # Somebody is at the keyboard with half a line: no time to tell of anything.
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return asyncio.run(asyncio.wait_for(_listed(context, namespace), QUICK_SECONDS))
    except Exception:
        return None


async def _listed(context: str | None, namespace: str | None) -> list[str]:
    from modelpoc.kube.cluster import POC, connect  # half a second that commands without a cluster save

    async with connect(context) as cluster:
        found = await cluster.list(POC, namespace or cluster.namespace)
    return sorted(item["metadata"]["name"] for item in found)
