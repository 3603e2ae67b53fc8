"""Writes to Kubernetes: status, finalizers, events; and plain lists of names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from modelpoc.api.meta import API_VERSION, GROUP, VERSION, ObjectMeta
from modelpoc.controller.keys import Key, What
from modelpoc.kube.errors import HeldBack

log = logging.getLogger(__name__)

PLURALS = {What.POC: "modelpocs", What.PLATFORM: "modelplatforms"}
_MERGE = "application/merge-patch+json"


class Written(Enum):
    DONE = "done"
    CONFLICT = "conflict"
    """The object changed meanwhile: look again, then decide anew."""
    GONE = "gone"


class Kube:
    """The few calls that passes make. Each write holds only for the version of the object it came from, and
    is sent only if `may_write` says so then: else it raises HeldBack."""

    def __init__(self, api: Any, may_write: Callable[[], bool] = lambda: True) -> None:
        self._may_write = may_write
        self._objects: Any = client.CustomObjectsApi(api)
        self._core: Any = client.CoreV1Api(api)
        self._apis: Any = client.ApisApi(api)

    async def not_served(self) -> str:
        """Why our resources are not listed yet, as after the CRDs were applied; "" once they are."""
        try:
            if not await self._discovered():
                return f"the cluster does not know {GROUP}: apply crds/"
            for what in What:
                await self.names(what)
        except ApiException as error:
            return _words(error)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return f"the API server does not answer: {str(error) or type(error).__name__}"
        return ""

    async def _discovered(self) -> bool:
        groups = await self._apis.get_api_versions()
        if GROUP not in {g.name for g in groups.groups}:
            return False
        found = await self._objects.get_api_resources(group=GROUP, version=VERSION)
        return set(PLURALS.values()) <= {r.name for r in found.resources}

    async def patch_status(
        self, key: Key, version: str, status: Mapping[str, Any]
    ) -> tuple[Written, Mapping[str, Any] | None]:
        body = {"metadata": {"resourceVersion": version}, "status": status}
        return await self._patch(key, body, "_status")

    async def set_finalizers(
        self, key: Key, version: str, finalizers: Iterable[str]
    ) -> tuple[Written, Mapping[str, Any] | None]:
        body = {"metadata": {"resourceVersion": version, "finalizers": list(finalizers)}}
        return await self._patch(key, body, "")

    async def _patch(
        self, key: Key, body: Mapping[str, Any], part: str
    ) -> tuple[Written, Mapping[str, Any] | None]:
        where = {"namespace": key.namespace} if key.what is What.POC else {}
        level = "namespaced" if key.what is What.POC else "cluster"
        patch = getattr(self._objects, f"patch_{level}_custom_object{part}")
        self._ask()
        try:
            answer = await patch(
                group=GROUP,
                version=VERSION,
                plural=PLURALS[key.what],
                name=key.name,
                body=body,
                _content_type=_MERGE,
                **where,
            )
        except ApiException as error:
            if error.status in (404, 409):
                return (Written.GONE if error.status == 404 else Written.CONFLICT), None
            raise
        return Written.DONE, answer

    def _ask(self) -> None:
        if not self._may_write():
            raise HeldBack("not sent, as this process no longer leads")

    async def names(self, what: What) -> set[Key]:
        """Every object of ours that there is now."""
        answer = await self._objects.list_cluster_custom_object(
            group=GROUP, version=VERSION, plural=PLURALS[what]
        )
        return {key_of(item["metadata"], what) for item in answer["items"]}

    async def event(
        self, key: Key, meta: ObjectMeta, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """Told to people by `kubectl describe`. A lost event is not worth failing for."""
        now = datetime.now(UTC)
        body = {
            "metadata": {"generateName": f"{key.name[:40]}-", "namespace": key.namespace or "default"},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": key.what.value,
                "namespace": key.namespace,
                "name": key.name,
                "uid": meta.uid,
            },
            "reason": reason,
            "message": message[:1000],
            "type": "Warning" if warning else "Normal",
            "firstTimestamp": now.isoformat(),
            "lastTimestamp": now.isoformat(),
            "count": 1,
            "source": {"component": "modelpoc"},
        }
        try:
            self._ask()
            await self._core.create_namespaced_event(key.namespace or "default", body)
        except Exception as error:
            log.warning("event %s for %s was not written: %s", reason, key, error)


def _words(error: ApiException) -> str:
    """The API server's own; without them, what HTTP says."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, TypeError, KeyError):
        return str(error.reason)


def key_of(metadata: Mapping[str, Any], what: What) -> Key:
    return Key(metadata.get("namespace", ""), metadata["name"], what)
