"""The objects of ours in a cluster, for commands and for sync."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kubernetes.aio import client, config

from modelpoc.api.meta import GROUP, VERSION
from modelpoc.kube.errors import KubeError, NoCluster, Refused, Unreachable
from modelpoc.kube.rest import APPLY, MERGE, Gone, Rest

POC = "ModelPOC"
PLATFORM = "ModelPlatform"
_PLURALS = {POC: "modelpocs", PLATFORM: "modelplatforms"}
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_WATCH_AGAIN_SECONDS = 1.0
_MESSAGE_LIMIT = 1000

Manifest = dict[str, Any]
Events = AsyncGenerator[tuple[str, Manifest], None]


class Cluster:
    """One API server. Every method raises Refused and Unreachable."""

    def __init__(self, rest: Rest, namespace: str = "default") -> None:
        self._rest = rest
        self.server = rest.server
        self.namespace = namespace
        """Of the current context."""

    async def get(self, kind: str, name: str, namespace: str = "") -> Manifest | None:
        """None: there is none of that name. Raises Refused when the cluster does not know the kind."""
        return await self._rest.call(f"reading {kind} {name}", "GET", _path(kind, namespace, name))

    async def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Manifest]:
        """All of a kind; of one namespace, and with these labels only, when told so."""
        query = {"labelSelector": selector} if selector else {}
        answer = await self._rest.call(f"listing {kind}", "GET", _path(kind, namespace or ""), query)
        return [
            {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, **item} for item in (answer or {})["items"]
        ]

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Manifest:
        """Server-side apply: what `manager` had and `manifest` lacks is given up.

        Raises Conflict when another manager holds one of the fields, but for `force`.
        """
        meta = manifest["metadata"]
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        path = _path(manifest["kind"], meta.get("namespace", ""), meta["name"])
        return await self._must(f"applying {_named(manifest)}", "PATCH", path, query, dict(manifest), APPLY)

    async def define(self, crd: Mapping[str, Any], *, manager: str) -> None:
        """Server-side apply of a CustomResourceDefinition; whoever had written it before gives way."""
        name = crd["metadata"]["name"]
        query = {"fieldManager": manager, "force": "true"}
        await self._must(f"defining {name}", "PATCH", f"{_CRDS}/{name}", query, dict(crd), APPLY)

    async def patch(self, kind: str, name: str, namespace: str, body: Mapping[str, Any]) -> Manifest:
        """Merge patch. Raises Conflict when `body` gives another resourceVersion than there is."""
        path = _path(kind, namespace, name)
        return await self._must(f"changing {kind} {name}", "PATCH", path, {}, dict(body), MERGE)

    async def delete(self, kind: str, name: str, namespace: str = "") -> bool:
        """Begins its deletion; finalizers hold it. False: there was none."""
        path = _path(kind, namespace, name)
        return await self._rest.call(f"deleting {kind} {name}", "DELETE", path) is not None

    async def watch(self, kind: str, name: str, namespace: str = "") -> Events:
        """ADDED, MODIFIED and DELETED of one object, beginning with what is there; goes on over breaks.

        A break may hide a change, so what is there then is given again as MODIFIED, or DELETED.
        """
        last: Manifest | None = None
        while True:
            try:
                version, last, first = await self._look(kind, name, namespace, last)
                if first is not None:
                    yield first
                query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": version}
                async for event in self._rest.lines(_path(kind, namespace), query):
                    last = None if event["type"] == "DELETED" else event["object"]
                    yield event["type"], event["object"]
            except (Gone, Unreachable):
                await asyncio.sleep(_WATCH_AGAIN_SECONDS)

    async def _look(
        self, kind: str, name: str, namespace: str, last: Manifest | None
    ) -> tuple[str, Manifest | None, tuple[str, Manifest] | None]:
        query = {"fieldSelector": f"metadata.name={name}"}
        answer = await self._must(f"reading {kind} {name}", "GET", _path(kind, namespace), query)
        version, items = answer["metadata"]["resourceVersion"], answer["items"]
        if items:
            return version, items[0], ("MODIFIED" if last else "ADDED", items[0])
        return version, None, ("DELETED", last) if last else None

    async def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """The values of a Secret, by key; None: there is none."""
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        found = await self._rest.call(f"reading Secret {namespace}/{name}", "GET", path)
        if found is None:
            return None
        return {key: base64.b64decode(text) for key, text in (found.get("data") or {}).items()}

    async def secrets(self, namespace: str, selector: str) -> dict[str, dict[str, bytes]]:
        """The Secrets of a namespace that carry these labels, by name."""
        path = f"/api/v1/namespaces/{namespace}/secrets"
        found = await self._must(f"listing Secrets in {namespace}", "GET", path, {"labelSelector": selector})
        return {
            item["metadata"]["name"]: {k: base64.b64decode(t) for k, t in (item.get("data") or {}).items()}
            for item in found["items"]
        }

    async def event(
        self,
        involved: Mapping[str, Any],
        reason: str,
        message: str,
        *,
        warning: bool = False,
        component: str = "modelpoc",
    ) -> None:
        """Tells people about the object `involved` in `kubectl describe`."""
        meta, now = involved["metadata"], datetime.now(UTC).isoformat()
        namespace = meta.get("namespace") or "default"
        body = {
            "metadata": {"generateName": f"{meta['name'][:40]}-", "namespace": namespace},
            "involvedObject": {
                "apiVersion": involved["apiVersion"],
                "kind": involved["kind"],
                "namespace": meta.get("namespace", ""),
                "name": meta["name"],
                "uid": meta.get("uid", ""),
            },
            "reason": reason,
            "message": message[:_MESSAGE_LIMIT],
            "type": "Warning" if warning else "Normal",
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "source": {"component": component},
        }
        path = f"/api/v1/namespaces/{namespace}/events"
        await self._must(f"telling of {involved['kind']} {meta['name']}", "POST", path, {}, body)

    async def _must(
        self,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = "application/json",
    ) -> Manifest:
        answer = await self._rest.call(what, method, path, query, body, content_type)
        if answer is None:
            raise Refused(f"{what}: there is none of that name", 404)
        return answer


@asynccontextmanager
async def connect(
    context: str | None = None, may_write: Callable[[], bool] = lambda: True
) -> AsyncIterator[Cluster]:
    """The cluster of KUBECONFIG (its `context`, else the current one), or the one that this Pod runs in.

    Its writes raise HeldBack while `may_write` says no. Raises NoCluster.
    """
    settings: Any = client.Configuration()
    namespace = await _load(settings, context)
    async with client.ApiClient(configuration=settings) as api:
        yield Cluster(Rest(api, may_write=may_write), namespace)


async def _load(settings: Any, context: str | None) -> str:
    loaders: Any = config
    # Looked up now: the library does that once, when it is imported.
    file = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    try:
        if not _any_exists(file):  # of which the library would log
            raise config.ConfigException(f"{file} does not exist")
        await loaders.load_kube_config(file, context, client_configuration=settings)
        return _context_namespace(loaders, file, context)
    except config.ConfigException as error:
        if context is not None:
            raise NoCluster(f"{error}: name a context that `kubectl config get-contexts` shows") from error
        outside = str(error)
    try:
        loaders.load_incluster_config(client_configuration=settings)
    except config.ConfigException:
        raise NoCluster(
            f"no cluster to talk to ({outside}): set KUBECONFIG; for a cloud on this machine, run "
            '`eval "$(modelpoc local status -o env)"`'
        ) from None
    return "default"


def _any_exists(files: str) -> bool:
    return any(Path(file).is_file() for file in files.split(os.pathsep) if file)


def _context_namespace(loaders: Any, file: str, context: str | None) -> str:
    contexts, current = loaders.list_kube_config_contexts(file)
    chosen = next((c for c in contexts if c["name"] == context), current)
    return str(chosen["context"].get("namespace") or "default")


def _path(kind: str, namespace: str = "", name: str = "") -> str:
    within = f"/namespaces/{namespace}" if namespace and kind == POC else ""
    one = f"/{name}" if name else ""
    return f"/apis/{GROUP}/{VERSION}{within}/{_PLURALS[kind]}{one}"


def _named(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


__all__ = ["PLATFORM", "POC", "Cluster", "KubeError", "connect"]
