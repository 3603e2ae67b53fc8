"""What a plan is made from: configurations, and the objects that the cluster has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.meta import USE_LABEL, ObjectMeta
from modelpoc.api.modelpoc import ModelPOC, ModelPOCSpec
from modelpoc.aws.secret import SecretValue, UnreadValue
from modelpoc.cli.applying import APPLY, managers
from modelpoc.cli.faces import CliError
from modelpoc.cli.shippers import shippers
from modelpoc.controller.keys import Key, platform_key
from modelpoc.controller.store import Store, Unreadable, read_platform, read_poc
from modelpoc.desired.secrets import secret_refs
from modelpoc.kube.cluster import PLATFORM, POC, Cluster
from modelpoc.kube.errors import Refused

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """One POC that is to be planned."""

    key: Key
    poc: ModelPOC
    live: ModelPOC | None
    notes: tuple[str, ...] = ()


class Objects:
    """The cluster's objects, as the operator would hold them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._manifests: dict[Key, Manifest] = {}
        self.store = Store()

    async def read(self) -> None:
        """Platforms, and all POCs that this person may list: those of the fleet tell what is taken."""
        for manifest in await self._cluster.list(PLATFORM):
            self.store.put(platform_key(manifest["metadata"]["name"]), read_platform(manifest))
        for manifest in await self._pocs():
            meta = manifest["metadata"]
            key = Key(meta["namespace"], meta["name"])
            self._manifests[key] = manifest
            self.store.put(key, read_poc(manifest))

    async def _pocs(self) -> list[dict[str, Any]]:
        try:
            return await self._cluster.list(POC)
        except Refused as refused:
            if refused.status != 403:
                raise
            return await self._cluster.list(POC, self._namespace)

    def live(self, names: Sequence[str]) -> list[Wanted]:
        """As the cluster has them; all of the namespace when no name is given."""
        there = [k for k in self._manifests if k.namespace == self._namespace]
        keys = [Key(self._namespace, name) for name in names] or sorted(there, key=str)
        return [self._as_it_is(key) for key in keys]

    def overlaid(self, pocs: Iterable[ModelPOC], now: datetime) -> list[Wanted]:
        """Configurations in place of what the cluster has of them."""
        wanted = [self._overlaid(poc, now) for poc in pocs]
        for one in wanted:
            self.store.put(one.key, one.poc)
        return wanted

    async def read_secrets(self, wanted: Iterable[Wanted]) -> tuple[str, ...]:
        """The labelled Secrets, where any POC names a key of one. Gives what is to be said of that."""
        keys = {key for one in wanted for key in _keys(one.poc)}
        if not keys:
            return ()
        try:
            found = await self._cluster.secrets(self._namespace, f"{USE_LABEL}=true")
        except Refused as refused:
            if refused.status != 403:
                raise
            for name in {name for name, _ in keys}:
                mine: dict[str, SecretValue] = {key: UnreadValue() for of, key in keys if of == name}
                self.store.put_secret(self._namespace, name, mine)
            return (f"{refused}: their keys are taken to be there, and unchanged",)
        for name, data in found.items():
            self.store.put_secret(self._namespace, name, {k: SecretValue(v) for k, v in data.items()})
        return ()

    def _as_it_is(self, key: Key) -> Wanted:
        poc = self._live(key)
        if poc is None:
            raise CliError(f"there is no POC {key.name} in namespace {key.namespace}, nor a config here")
        return Wanted(key, poc, poc)

    def _live(self, key: Key) -> ModelPOC | None:
        poc = self.store.poc(key)
        if isinstance(poc, Unreadable):
            raise CliError(f"POC {key} in the cluster cannot be read: {poc.error}")
        return poc

    def _overlaid(self, poc: ModelPOC, now: datetime) -> Wanted:
        key = Key(self._namespace, poc.metadata.name)
        live = self._live(key)
        if live is None:
            meta = ObjectMeta(name=key.name, namespace=key.namespace, creation_timestamp=now)
            return Wanted(key, poc.model_copy(update={"metadata": meta}), None, _unbuilt(poc))
        if live.spec.platform_ref != poc.spec.platform_ref:
            raise CliError(
                f"{key.name}: spec.platformRef cannot change ({live.spec.platform_ref.name} → "
                f"{poc.spec.platform_ref.name}): delete the POC and apply it anew"
            )
        spec, notes = poc.spec, tuple[str, ...]()
        if kept := self._built_here(key, poc, live):
            assert spec.ecs is not None
            spec = spec.model_copy(update={"ecs": spec.ecs.model_copy(update={"image": kept})})
            notes = (f"the config says {PLACEHOLDER}: taken as the image that `modelpoc apply` built here",)
        return Wanted(key, _changed(live, spec), live, notes)

    def _built_here(self, key: Key, poc: ModelPOC, live: ModelPOC) -> str | None:
        """The image that `apply` wrote where the config leaves it open, on a cloud of this machine."""
        if not poc.spec.ecs or poc.spec.ecs.image != PLACEHOLDER or not live.spec.ecs or not shippers():
            return None
        built = live.spec.ecs.image
        return built if built != PLACEHOLDER and APPLY in managers(self._manifests[key]) else None


def _unbuilt(poc: ModelPOC) -> tuple[str, ...]:
    """What is to be known of an image that is still to be built, where that is done by a command."""
    image = poc.spec.ecs.image if poc.spec.ecs else poc.spec.sagemaker and poc.spec.sagemaker.image
    if image != PLACEHOLDER or not shippers():
        return ()
    return (
        f"the config says {PLACEHOLDER}: on this machine's cloud `modelpoc apply` builds the image first",
    )


def _changed(live: ModelPOC, spec: ModelPOCSpec) -> ModelPOC:
    """As the cluster would have it: another spec is another generation."""
    generation = live.metadata.generation + (live.spec != spec)
    meta = live.metadata.model_copy(update={"generation": generation})
    return live.model_copy(update={"spec": spec, "metadata": meta})


def _keys(poc: ModelPOC) -> set[tuple[str, str]]:
    """(Secret, key) of all that it reads from Kubernetes."""
    refs = (ref.secret_key_ref for ref in secret_refs(poc))
    return {(ref.name, ref.key) for ref in refs if ref}
