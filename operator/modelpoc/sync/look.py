"""One look: the branch as it is now, and the cluster brought to it. All or nothing where a commit is bad."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from modelpoc.catalog import Finding
from modelpoc.kube.cluster import POC, Cluster
from modelpoc.kube.errors import Conflict, Refused
from modelpoc.sync.clone import Clone
from modelpoc.sync.credentials import Credentials
from modelpoc.sync.decision import CLI_MANAGER, Decision, Pruning, decide, has_cli_claims
from modelpoc.sync.report import Report, Result, Told
from modelpoc.sync.snapshot import Snapshot, folder_of, read
from modelpoc.sync.source import Source

MANAGER = "modelpoc-sync"
_AT_ONCE = 8
# What says that the object is wrong, not that the server or our rights are.
_OBJECTIONS = frozenset({400, 403, 404, 409, 413, 422})
_CURES = {
    403: "correct it in Git, or let sync do it",
    404: "create the namespace",
}

Manifest = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """Where a source goes."""

    namespace: str
    pruning: Pruning


class Look:
    """Looks at one source for one namespace; remembers the last commit that it read."""

    def __init__(self, source: Source, target: Target, clone: Clone, cluster: Cluster) -> None:
        self._source, self._target, self._clone, self._cluster = source, target, clone, cluster
        self._snapshot: Snapshot | None = None
        self._gate = asyncio.Semaphore(_AT_ONCE)

    @property
    def snapshot(self) -> Snapshot | None:
        """What was read last."""
        return self._snapshot

    async def look(self, credentials: Credentials) -> Report:
        """Raises RepositoryError and KubeError when it could not be done; what was done till then holds."""
        rewritten = await self._read(credentials)
        snapshot = self._snapshot
        assert snapshot is not None
        base = Report(Result.UNCHANGED, self._source.shown, snapshot.commit, told=rewritten)
        if snapshot.findings:
            blamed = tuple(_blamed(finding, self._source) for finding in snapshot.findings)
            return replace(base, result=Result.BROKEN, findings=snapshot.findings, told=blamed)
        live = await self.live()
        decision = decide(snapshot.manifests, live, self._source.key, self._target.pruning)
        won, objections = await self._tried(snapshot, decision)
        if objections:
            return replace(base, result=Result.REFUSED, told=objections)
        return await self._done(replace(base, told=(*rewritten, *won)), snapshot, decision, live)

    async def live(self) -> list[Manifest]:
        """All POCs of the namespace."""
        return await self._cluster.list(POC, self._target.namespace)

    async def _read(self, credentials: Credentials) -> tuple[Told, ...]:
        """Brings the snapshot up to date; what is to be told of that."""
        before = self._snapshot
        head = await self._clone.head(credentials)
        if before is not None and head == before.commit:
            return ()
        commit = await self._clone.fetch(credentials)
        rewritten = before is not None and await self._clone.rewritten(before.commit, commit)
        self._snapshot = await read(
            self._clone,
            self._source,
            commit,
            self._target.namespace,
            credentials,
            None if rewritten else before,
        )
        if before is None or not rewritten:
            return ()
        words = f"{self._source.shown} was rewritten: {before.commit[:12]} is no longer part of it"
        return (Told("SyncRewritten", f"{words}; {commit[:12]} counts now"),)

    async def _tried(self, snapshot: Snapshot, decision: Decision) -> tuple[list[Told], tuple[Told, ...]]:
        """The API server's word about every write before the first: what is won against others, what it
        refuses."""
        tried = await self._each(decision.write, lambda name: self._try(snapshot.manifests[name], decision))
        won = [word for word in tried if word is not None and word.reason != "SyncRefused"]
        return won, tuple(word for word in tried if word is not None and word.reason == "SyncRefused")

    async def _try(self, manifest: Manifest, decision: Decision) -> Told | None:
        name = manifest["metadata"]["name"]
        try:
            await self._cluster.apply(manifest, manager=MANAGER, dry_run=True)
        except Conflict as conflict:
            return await self._try_harder(manifest, conflict)
        except Refused as refused:
            return _refused(name, refused)
        fields = decision.drifted.get(name, ())
        return Told("SyncCorrected", _corrected(name, fields, ()), name) if fields else None

    async def _try_harder(self, manifest: Manifest, conflict: Conflict) -> Told:
        name = manifest["metadata"]["name"]
        try:
            await self._cluster.apply(manifest, manager=MANAGER, force=True, dry_run=True)
        except Refused as refused:
            return _refused(name, refused)
        return Told("SyncCorrected", _corrected(name, conflict.fields, conflict.managers), name)

    async def _done(
        self, base: Report, snapshot: Snapshot, decision: Decision, live: Iterable[Manifest]
    ) -> Report:
        there = {item["metadata"]["name"]: item for item in live}
        await self._each(decision.write, lambda n: self._write(snapshot.manifests[n], there.get(n)))
        await self._each(decision.prune, self._prune)
        claimed = [Told("SyncClaimed", _claimed(n, other), n) for n, other in decision.claimed.items()]
        held = (
            [Told("SyncHeld", _held(decision, self._target.namespace, self._source))] if decision.held else []
        )
        return replace(
            base,
            result=Result.APPLIED if decision.write or decision.prune else Result.UNCHANGED,
            written=decision.write,
            unchanged=decision.keep,
            pruned=decision.prune,
            held=decision.held,
            claimed=decision.claimed,
            told=(*base.told, *claimed, *held),
        )

    async def _write(self, manifest: Manifest, before: Manifest | None) -> None:
        """Git is the truth for what it states: force. `modelpoc apply` gives up what it stated."""
        await self._cluster.apply(manifest, manager=MANAGER, force=True)
        if before is not None and has_cli_claims(before):
            meta = {key: manifest["metadata"][key] for key in ("name", "namespace")}
            bare = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": meta}
            await self._cluster.apply(bare, manager=CLI_MANAGER)

    async def _prune(self, name: str) -> None:
        await self._cluster.delete(POC, name, self._target.namespace)

    async def _each(self, names: Iterable[str], work: Callable[[str], Awaitable[T]]) -> list[T]:
        """A few at a time, all of them; then the first error is raised."""

        async def one(name: str) -> T:
            async with self._gate:
                return await work(name)

        done = await asyncio.gather(*(one(name) for name in names), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return [result for result in done if not isinstance(result, BaseException)]


def _refused(name: str, refused: Refused) -> Told:
    """Raises `refused` again when it is not about the object."""
    if refused.status not in _OBJECTIONS:
        raise refused
    return Told("SyncRefused", f"{name}: {refused}: {_CURES.get(refused.status, 'correct it in Git')}", name)


def _blamed(finding: Finding, source: Source) -> Told:
    return Told("SyncBroken", str(finding), folder_of(finding.file, source.path))


def _corrected(name: str, fields: Iterable[str], managers: Iterable[str]) -> str:
    by = ", ".join(managers) or "someone"
    what = ", ".join(field.removeprefix(".") for field in fields) or "some fields"
    return f"{name}: {by} had changed {what}: Git has it back; change it in Git"


def _claimed(name: str, other: str) -> str:
    return (
        f"{name} comes from {other} already: it is left alone; take it out of one of the two, or hand it "
        f"over with `kubectl label modelpoc {name} modelpoc.dev/synced-from-`"
    )


def _held(decision: Decision, namespace: str, source: Source) -> str:
    names = ", ".join(decision.held[:10]) + (", …" if len(decision.held) > 10 else "")
    return (
        f"{len(decision.held)} POCs left {source.shown} at once, and {decision.most} may: none of them is "
        f"removed ({names}). If that is meant, say `kubectl annotate -n {namespace} modelpoc NAME "
        "modelpoc.dev/prune=allow` for each, or run with --allow-prune"
    )
