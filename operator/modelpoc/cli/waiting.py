"""Waiting until a POC has come to what was asked for, and telling how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from modelpoc.cli.faces import CliError
from modelpoc.cli.periods import told
from modelpoc.cli.progress import Teller, change, summary, under_way
from modelpoc.cli.seen import Ending, Seen
from modelpoc.kube.cluster import POC, Cluster
from modelpoc.kube.errors import Unreachable

NO_OPERATOR_SECONDS = 15.0
LOOK_SECONDS = 6.0
"""Within so long an operator that was asked to look again has found what there is to be found."""
_VANISHED_SECONDS = 3.0

Judge = Callable[[Seen], Ending | None]


@dataclass(frozen=True)
class Ended:
    """What became of a POC."""

    came_to: Ending
    seen: Seen


@dataclass
class Wait:
    """One POC being waited for; `judge` says what counts as its end.

    An end that stood there already (`stale`: the version of the object then) counts only once the operator
    has had the time to look again.
    """

    cluster: Cluster
    first: Seen
    judge: Judge
    teller: Teller
    label: str = ""
    """What lines begin with, where several POCs are waited for."""
    stale: str | None = None

    async def until(self, timeout: float) -> Ended:
        """Raises CliError when `timeout` seconds were not enough: with how it stands, and what to look at."""
        loop = asyncio.get_running_loop()
        self._last: Seen | None = None
        hint = loop.call_later(NO_OPERATOR_SECONDS, self._nobody_looks)
        try:
            async with asyncio.timeout(timeout):
                return await self._end()
        except TimeoutError:
            raise CliError(self._too_long(timeout)) from None
        finally:
            hint.cancel()
            self.teller.now(self.first.name, "")

    async def _end(self) -> Ended:
        if self.stale is not None:
            await self._look_again()
        tasks = [asyncio.create_task(self._watched()), asyncio.create_task(self._vanished())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watched(self) -> Ended:
        async with aclosing(self.cluster.watch(POC, self.first.name, self.first.namespace)) as events:
            async for kind, manifest in events:
                if ended := self._judged(kind, manifest):
                    return ended
        raise AssertionError("a watch has no end")

    async def _vanished(self) -> Ended:
        """A watch tells nothing of an object that was gone before it began."""
        while True:
            with suppress(Unreachable):
                if await self.cluster.get(POC, self.first.name, self.first.namespace) is None:
                    return Ended(Ending.GONE, self._last or self.first)
            await asyncio.sleep(_VANISHED_SECONDS)

    async def _look_again(self) -> None:
        """Returns once anything of the object changed, or LOOK_SECONDS went by."""
        try:
            async with (
                asyncio.timeout(LOOK_SECONDS),
                aclosing(self.cluster.watch(POC, self.first.name, self.first.namespace)) as events,
            ):
                async for _, manifest in events:
                    if manifest["metadata"]["resourceVersion"] != self.stale:
                        return
        except TimeoutError:
            return

    def _judged(self, kind: str, manifest: dict[str, Any]) -> Ended | None:
        seen = Seen.of(manifest)
        if kind == "DELETED":
            return Ended(Ending.GONE, seen)
        if seen.generation < self.first.generation:
            return None  # the watch began before our write was there
        if line := change(self._last, seen):
            self.teller.say(self.label + line)
        self.teller.now(seen.name, under_way(seen))
        self._last = seen
        came_to = self.judge(seen)
        return Ended(came_to, seen) if came_to else None

    def _nobody_looks(self) -> None:
        if self._last is None or not self._last.looked_at:
            self.teller.say(f"{self.label}{nobody_looks(NO_OPERATOR_SECONDS)}; waiting on")

    def _too_long(self, timeout: float) -> str:
        seen = self._last or self.first
        name = f"{seen.namespace}/{seen.name}"
        if not seen.looked_at:
            return f"{name}: {nobody_looks(timeout)}"
        return (
            f"{name} is not there after {told(timeout)}: {summary(seen)}; it goes on by itself: "
            f"`modelpoc status {seen.name} --watch` shows it, --timeout waits longer"
        )


def nobody_looks(seconds: float) -> str:
    return (
        f"no operator has looked at it for {told(seconds)}: does one run? "
        "(`kubectl get deployments -A | grep modelpoc`; on this machine `modelpoc local status`)"
    )
