"""Finding what a command is about in the cluster."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from modelpoc.cli.faces import CliError
from modelpoc.kube.cluster import PLATFORM, POC, Cluster
from modelpoc.kube.errors import Refused


async def found(cluster: Cluster, name: str, namespace: str | None) -> dict[str, Any]:
    """The POC. Raises CliError when there is none, with the nearest that there is."""
    where = namespace or cluster.namespace
    poc = await cluster.get(POC, name, where)
    if poc is not None:
        return poc
    there = [item["metadata"]["name"] for item in await cluster.list(POC, where)]
    near = difflib.get_close_matches(name, there, n=1)
    cure = f"did you mean {near[0]}?" if near else "`modelpoc status` shows which there are"
    raise CliError(f"there is no POC {name} in namespace {where}: {cure}")


def platform_name(poc: Mapping[str, Any]) -> str:
    return str(poc["spec"].get("platformRef", {}).get("name", "default"))


async def platform_of(cluster: Cluster, poc: Mapping[str, Any]) -> dict[str, Any] | None:
    """The platform that it runs on; None when there is none, or when this person may not read it."""
    try:
        return await cluster.get(PLATFORM, platform_name(poc))
    except Refused as refused:
        if refused.status == 403:
            return None
        raise
