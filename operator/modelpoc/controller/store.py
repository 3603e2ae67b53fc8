"""The objects as last seen, parsed. Written by the watch, read by passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelpoc.api.meta import FINALIZER, ObjectMeta
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import InvalidObject, parse_platform, parse_poc
from modelpoc.aws.secret import SecretValue
from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.desired.allow import Fleet


@dataclass(frozen=True)
class Unreadable:
    """An object that admission let through and that we cannot read (an older CRD, a skipped check)."""

    metadata: ObjectMeta
    error: str
    status: Mapping[str, Any]
    platform: str = "default"


Poc = ModelPOC | Unreadable
Platform = ModelPlatform | Unreadable


def read_poc(body: Mapping[str, Any]) -> Poc:
    try:
        return parse_poc(body)
    except InvalidObject as error:
        return _unreadable(body, error, _platform_named(body))


def _platform_named(body: Mapping[str, Any]) -> str:
    spec = body.get("spec")
    ref = spec.get("platformRef") if isinstance(spec, Mapping) else None
    return str(ref.get("name", "default")) if isinstance(ref, Mapping) else "default"


def read_platform(body: Mapping[str, Any]) -> Platform:
    try:
        return parse_platform(body)
    except InvalidObject as error:
        return _unreadable(body, error, "")


def _unreadable(body: Mapping[str, Any], error: InvalidObject, platform: str) -> Unreadable:
    meta = ObjectMeta.model_validate(body["metadata"])
    return Unreadable(meta, str(error), body.get("status") or {}, platform)


def platform_of(poc: Poc) -> str:
    return poc.platform if isinstance(poc, Unreadable) else poc.spec.platform_ref.name


class Store:
    """POCs, platforms, and the labelled Secrets, by key."""

    def __init__(self) -> None:
        self._pocs: dict[Key, Poc] = {}
        self._platforms: dict[Key, Platform] = {}
        self._secrets: dict[tuple[str, str], Mapping[str, SecretValue]] = {}
        self.secrets_seen = asyncio.Event()
        """Set once the labelled Secrets were listed: until then a key only seems to be missing."""

    def poc(self, key: Key) -> Poc | None:
        return self._pocs.get(key)

    def platform(self, name: str) -> Platform | None:
        return self._platforms.get(platform_key(name))

    def pocs(self) -> Iterable[tuple[Key, Poc]]:
        return self._pocs.items()

    def platforms(self) -> Iterable[tuple[Key, Platform]]:
        return self._platforms.items()

    def pocs_of(self, platform: str) -> list[Key]:
        return [key for key, poc in self._pocs.items() if platform_of(poc) == platform]

    def users_of(self, platform: str) -> list[Key]:
        """Its POCs that may own something in AWS: those that carry our finalizer."""
        return [key for key in self.pocs_of(platform) if FINALIZER in self._pocs[key].metadata.finalizers]

    def put(self, key: Key, item: Poc | Platform) -> None:
        if key.what is What.POC:
            self._pocs[key] = item  # type: ignore[assignment]
        else:
            self._platforms[key] = item  # type: ignore[assignment]

    def drop(self, key: Key) -> None:
        (self._pocs if key.what is What.POC else self._platforms).pop(key, None)

    def fleet(self, key: Key) -> Fleet:
        """Where a POC stands among those of its platform, by age; those that go do not count.

        The first, when it is no longer there: it may have gone in the middle of its pass.
        """
        me = self._pocs.get(key)
        if me is None:
            return Fleet()
        mine = platform_of(me)
        older = [
            k
            for k, p in self._pocs.items()
            if platform_of(p) == mine and not p.metadata.deletion_timestamp and _age(k, p) < _age(key, me)
        ]
        return Fleet(1 + len(older), 1 + sum(k.namespace == key.namespace for k in older))

    def reasons(self) -> Mapping[str, int]:
        """How many POCs are in which state."""
        return Counter(_reason(poc) for poc in self._pocs.values())

    # Secrets

    def put_secret(self, namespace: str, name: str, data: Mapping[str, SecretValue]) -> None:
        self._secrets[(namespace, name)] = data

    def drop_secret(self, namespace: str, name: str) -> None:
        self._secrets.pop((namespace, name), None)

    def secret_names(self) -> set[tuple[str, str]]:
        return set(self._secrets)

    def secrets_in(self, namespace: str) -> dict[tuple[str, str], SecretValue]:
        return {
            (name, key): value
            for (where, name), data in self._secrets.items()
            if where == namespace
            for key, value in data.items()
        }

    def secret(self, namespace: str, name: str) -> Mapping[str, SecretValue] | None:
        return self._secrets.get((namespace, name))

    def values(self, namespace: str, name: str) -> Mapping[str, bytes] | None:
        """What is in a labelled Secret, laid open: for who sends it on its way, and nothing else."""
        data = self._secrets.get((namespace, name))
        return None if data is None else {key: value.reveal() for key, value in data.items()}

    def told_by(self, namespace: str, name: str) -> list[Key]:
        """Platforms whose news need this Secret."""
        return [
            key
            for key, platform in self._platforms.items()
            if isinstance(platform, ModelPlatform) and (namespace, name) in _news_secrets(platform)
        ]

    def pocs_reading(self, namespace: str, name: str) -> list[Key]:
        return [
            key
            for key, poc in self._pocs.items()
            if key.namespace == namespace and isinstance(poc, ModelPOC) and _reads(poc, name)
        ]


def _reason(poc: Poc) -> str:
    said = poc.status.get("reason") if isinstance(poc, Unreadable) else poc.status.reason
    return str(said or "New")


def _age(key: Key, poc: Poc) -> tuple[float, str, str]:
    created = poc.metadata.creation_timestamp
    return (created.timestamp() if created else 0.0, key.namespace, key.name)


def _news_secrets(platform: ModelPlatform) -> set[tuple[str, str]]:
    told = platform.spec.notifications
    refs = (told.slack_webhook, told.slack_bot, told.webhook) if told else ()
    return {(ref.namespace, ref.name) for ref in refs if ref}


def _reads(poc: ModelPOC, secret: str) -> bool:
    refs = poc.spec.ecs.secrets if poc.spec.ecs else ()
    return any(r.secret_key_ref and r.secret_key_ref.name == secret for r in refs)
