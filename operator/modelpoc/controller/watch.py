"""kopf as informer: events keep the store and put keys into the queue; nothing else happens here."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import kopf
from kubernetes.aio import client, watch

from modelpoc.api.meta import ADOPT, FINALIZER, GROUP, MODE, ORPHAN, RECONCILE_AT, USE_LABEL, VERSION
from modelpoc.aws.secret import SecretValue
from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.kube import PLURALS, key_of
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Poc, Store, platform_of, read_platform, read_poc
from modelpoc.kube.listening import url

log = logging.getLogger(__name__)

_WATCH_SECONDS = 300
"""Until the server ends a watch. The library's own patience is as long: it would break off some of them."""
_OURS = (ADOPT, MODE, ORPHAN, RECONCILE_AT)


def signature(metadata: Mapping[str, Any]) -> tuple[Any, ...]:
    """What wakes a pass when it changes. Status is not in it, so our own writes cause nothing."""
    annotations = metadata.get("annotations") or {}
    return (
        metadata["uid"],
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        FINALIZER in (metadata.get("finalizers") or ()),
        tuple(annotations.get(name) for name in _OURS),
    )


class Watch:
    """Turns events into store and queue."""

    def __init__(self, store: Store, queue: Queue) -> None:
        self.store, self.queue = store, queue
        self._signatures: dict[Key, tuple[Any, ...]] = {}
        self._versions: dict[Key, int] = {}
        self._lost: dict[Key, str] = {}
        """Uids of what is gone: an answer to a write of ours may still come in behind the event."""
        self._moved = asyncio.Event()

    async def known(self, keys: set[Key]) -> None:
        """Returns once all of these were taken in, or were seen to go."""
        while not keys <= self._signatures.keys() | self._lost.keys():
            self._moved.clear()
            await self._moved.wait()

    def seen(self, what: What, type: str | None, body: Mapping[str, Any]) -> None:
        key = key_of(body["metadata"], what)
        if type == "DELETED":
            self.lost(key)
        else:
            self.put(key, body, wake=True)

    def put(self, key: Key, body: Mapping[str, Any], *, wake: bool) -> None:
        """Takes in an object, unless it is gone or a newer version of it was taken in already."""
        metadata = body["metadata"]
        version = int(metadata["resourceVersion"])
        now = signature(metadata)
        before = self._signatures.get(key)
        recreated = wake and before is not None and before[0] != now[0]
        older = version < self._versions.get(key, 0) and not recreated
        if older or self._lost.get(key) == metadata["uid"]:
            return
        self._versions[key], self._signatures[key] = version, now
        self._lost.pop(key, None)
        self._moved.set()
        self.store.put(key, read_poc(body) if key.what is What.POC else read_platform(body))
        if wake and now != before:
            self.queue.add(key)
            self._wake_others(key)

    def lost(self, key: Key) -> None:
        """The object is gone from Kubernetes."""
        known = self._signatures.pop(key, None)
        self._lost[key] = known[0] if known else ""
        self._moved.set()
        self._versions.pop(key, None)
        gone = self.store.poc(key) if key.what is What.POC else None
        self.store.drop(key)
        self.queue.add(key)
        self._wake_others(key)
        if gone is not None:
            self.queue.add(platform_key(platform_of(gone)), fresh=False)
            self._wake_waiting(gone)

    def _wake_others(self, key: Key) -> None:
        if key.what is What.PLATFORM:
            for poc in self.store.pocs_of(key.name):
                self.queue.add(poc)

    def _wake_waiting(self, gone: Poc) -> None:
        """A path, a priority or a place under a limit may have become free."""
        for key in self.store.pocs_of(platform_of(gone)):
            poc = self.store.poc(key)
            stalled = getattr(poc, "status", None)
            if stalled is not None and hasattr(stalled, "condition") and _is_stalled(stalled):
                self.queue.add(key, fresh=False)


def _is_stalled(status: Any) -> bool:
    condition = status.condition("Stalled")
    return condition is not None and condition.status == "True"


def informer(watched: Watch) -> kopf.OperatorRegistry:
    """kopf's registry with our thin handlers."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)

    async def poc(event: Mapping[str, Any], **_: Any) -> None:
        watched.seen(What.POC, event["type"], event["object"])

    async def platform(event: Mapping[str, Any], **_: Any) -> None:
        watched.seen(What.PLATFORM, event["type"], event["object"])

    kopf.on.event(GROUP, VERSION, PLURALS[What.POC], registry=registry)(poc)
    kopf.on.event(GROUP, VERSION, PLURALS[What.PLATFORM], registry=registry)(platform)
    return registry


def _login(**context: Any) -> kopf.ConnectionInfo | None:
    found = kopf.login_with_service_account(**context)
    return by_address(found, os.environ) if found else kopf.login_with_kubeconfig(**context)


def by_address(found: kopf.ConnectionInfo, environ: Mapping[str, str]) -> kopf.ConnectionInfo:
    """The API server where each Pod is told it is: kopf asks for `kubernetes.default.svc`, which needs a DNS
    that answers. Its certificate has to name the address
    (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/)."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        return found
    return replace(found, server=url(host, port, "https"))


class SecretWatch:
    """The Secrets that carry our label, and no others: kopf would filter only after reading them all.

    `namespaces`: only theirs, where RBAC lets the operator read no others; all when empty.
    """

    def __init__(self, api: Any, store: Store, queue: Queue, namespaces: Sequence[str] = ()) -> None:
        self._core: Any = client.CoreV1Api(api)
        self._store, self._queue = store, queue
        self._places: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._unseen = set(self._places)
        self._selector = f"{USE_LABEL}=true"

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for place in self._places:
                group.create_task(self._keep(place))

    async def _keep(self, place: str | None) -> None:
        """Lists, then watches; again from the start whenever the stream breaks."""
        while True:
            try:
                version = await self._list(place)
                await self._follow(place, version)
            except Exception as error:
                where = f" in {place}" if place else ""
                why = str(error) or type(error).__name__
                log.warning("watching labelled Secrets%s broke off: %s", where, why)
                await asyncio.sleep(2)

    def _listing(self, place: str | None) -> tuple[Any, dict[str, str]]:
        """The client's call, and what it has to be told beside the label."""
        if place is None:
            return self._core.list_secret_for_all_namespaces, {}
        return self._core.list_namespaced_secret, {"namespace": place}

    async def _list(self, place: str | None) -> str:
        call, where = self._listing(place)
        found = await call(**where, label_selector=self._selector)
        names = {(s.metadata.namespace, s.metadata.name) for s in found.items}
        known = {key for key in self._store.secret_names() if place in (None, key[0])}
        for namespace, name in known - names:
            self._drop(namespace, name)
        for secret in found.items:
            self._put(secret)
        self._unseen.discard(place)
        if not self._unseen:
            self._store.secrets_seen.set()
        return str(found.metadata.resource_version)

    async def _follow(self, place: str | None, version: str) -> None:
        watching: Any = watch.Watch
        call, where = self._listing(place)
        stream = watching().stream(
            call,
            **where,
            label_selector=self._selector,
            resource_version=version,
            timeout_seconds=_WATCH_SECONDS,
            _request_timeout=_WATCH_SECONDS + 30,
        )
        async for event in stream:
            secret = event["object"]
            if event["type"] == "DELETED":
                self._drop(secret.metadata.namespace, secret.metadata.name)
            elif event["type"] in ("ADDED", "MODIFIED"):
                self._put(secret)

    def _put(self, secret: Any) -> None:
        namespace, name = secret.metadata.namespace, secret.metadata.name
        data = {key: SecretValue(_decoded(text)) for key, text in (secret.data or {}).items()}
        if not _same(data, self._store.secret(namespace, name)):
            self._store.put_secret(namespace, name, data)
            self._wake(namespace, name)

    def _drop(self, namespace: str, name: str) -> None:
        self._store.drop_secret(namespace, name)
        self._wake(namespace, name)

    def _wake(self, namespace: str, name: str) -> None:
        for key in (*self._store.pocs_reading(namespace, name), *self._store.told_by(namespace, name)):
            self._queue.add(key)


def _same(new: Mapping[str, SecretValue], old: Mapping[str, SecretValue] | None) -> bool:
    if old is None or new.keys() != old.keys():
        return False
    return all(value.reveal() == old[key].reveal() for key, value in new.items())


def _decoded(text: Any) -> bytes:
    raw = text.encode() if isinstance(text, str) else bytes(text)
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        return raw
