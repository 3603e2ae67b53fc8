"""The acting part of a pass: plans again after each answer and starts whatever has become possible."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from modelpoc.reconcile.errors import (
    AlreadyThere,
    AnswerLost,
    CloudError,
    Gone,
    Misplaced,
    NotYet,
    Retry,
    Stall,
    Taken,
)
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.observe import Observer
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Kinds
from modelpoc.reconcile.resource import Observed
from modelpoc.reconcile.steps import Key, Plan, Step, Verb

_TRIES = 3
"""How often one thing may be tried within one pass, where each try follows upon new knowledge."""

OnStep = Callable[[Step, CloudError | None], None]


class Work:
    """What one pass does and learns. `done` and `errors` say so afterwards."""

    def __init__(
        self,
        kinds: Kinds,
        scope: Any,
        inventory: Inventory,
        observer: Observer,
        mark: Mark,
        plan: Callable[[], Plan],
        on_step: OnStep,
    ) -> None:
        self._kinds, self._scope, self._inventory, self._observer = kinds, scope, inventory, observer
        self._mark, self._plan, self._on_step = mark, plan, on_step
        self._tries: Counter[tuple[Verb, Key]] = Counter()
        self._running: dict[asyncio.Task[None], Step] = {}
        self._claims: set[str] = set()
        self.done: list[Step] = []
        self.errors: dict[Key, CloudError] = {}

    async def run(self) -> None:
        """Until nothing is left that can be done now. Cancelled, what was under way is put in doubt."""
        try:
            self._start_ready()
            while self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                self._collect()
                self._start_ready()
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            raise
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)
            self._inventory.release(self._claims)

    def _start_ready(self) -> None:
        plan = self._plan()
        if not plan.blocked:
            self._reserve(plan.writes)
        busy = {s.key for s in self._running.values()}
        for step in plan.ready:
            if step.key not in busy and step.key not in self.errors and not self._given_up(step):
                self._tries[(step.verb, step.key)] += 1
                self._running[asyncio.create_task(self._carry_out(step))] = step

    def _reserve(self, steps: Collection[Step]) -> None:
        """All that the pass is about to take, so that two that want the same do not both begin."""
        free = {c for s in steps for c in s.claims if self._inventory.reserved_by(c) is None}
        self._inventory.reserve(free, self._mark)
        self._claims |= free

    def _given_up(self, step: Step) -> bool:
        """Whether it is tried no more in this pass: what AWS accepted and does not show would be for ever."""
        if any((s.verb, s.key, s.changes) == (step.verb, step.key, step.changes) for s in self.done):
            fields = ", ".join(c.field for c in step.changes)
            self._fail(
                step, Retry(f"{step} was accepted, but does not show" + (f" in {fields}" if fields else ""))
            )
        elif self._tries[(step.verb, step.key)] >= _TRIES:
            self._fail(step, Retry(f"{step} did not go through, tried {_TRIES} times"))
        return step.key in self.errors

    def _fail(self, step: Step, error: CloudError) -> None:
        self.errors[step.key] = error
        self._on_step(step, error)

    def _collect(self) -> None:
        for task in [t for t in self._running if t.done()]:
            self._running.pop(task)
            task.result()

    async def _carry_out(self, step: Step) -> None:
        error: CloudError | None = None
        try:
            await self._write(step)
        except CloudError as raised:
            error = await self._learn(step, raised)
        except BaseException:
            # Cancelled, or a fault of ours: AWS may have carried it out.
            self._doubt(step)
            raise
        else:
            self.done.append(step)
        if error:
            self.errors[step.key] = error
        self._on_step(step, error)

    async def _write(self, step: Step) -> None:
        kind = self._kinds[step.kind]
        if step.verb is Verb.CREATE:
            created = await kind.create(self._scope, step.want)
            self._inventory.wrote(created, deep=kind.deep <= created.fields.keys())
        elif step.verb is Verb.UPDATE and step.have:
            if any(c.field in kind.switches for c in step.changes):
                self._inventory.switched(self._mark)
            self._inventory.wrote(await kind.update(self._scope, step.want, step.have, step.changes))
        elif step.have:  # deleted for good, or to be made again
            self._deleted(step.have, await kind.delete(self._scope, step.have))

    def _deleted(self, have: Observed, remains: Observed | None) -> None:
        if remains is None:
            self._inventory.deleted(*have.key)
        else:
            self._inventory.wrote(remains)

    async def _learn(self, step: Step, error: CloudError) -> CloudError | None:
        """What a refusal teaches. None when the plan can go on from what is known now."""
        match error:
            case Misplaced():
                self._inventory.set_aside(*step.key)
                return None
            case Gone() if step.verb in (Verb.DELETE, Verb.REPLACE):
                self._inventory.deleted(*step.key)
                return None
            case Gone():
                # It, or something that it refers to: AWS's answer leaves open which.
                itself = (step.key,) if step.have else ()
                return await self._look((*itself, *step.uses), NotYet(str(error)))
            case Stall(reason="AccessDenied"):
                # What is gone has no tags: a policy that goes by them refuses what it would else allow.
                itself = (step.key,) if step.have else ()
                return await self._look((*itself, *step.uses), error)
            case AlreadyThere():
                self._doubt(step)
                return await self._look((step.key,), Retry(str(error)))
            case Taken():
                return await self._list_again(step, error)
            case AnswerLost():
                self._doubt(step)
                return error
            case Retry() if step.verb is Verb.UPDATE:
                # An update may take several calls: those before the one that failed were carried out.
                self._doubt(step)
                return error
            case _:
                return error

    def _doubt(self, step: Step) -> None:
        self._inventory.doubt(step.kind, step.name, self._mark, step.claims)

    async def _look(self, keys: Collection[Key], otherwise: CloudError) -> CloudError | None:
        """None when a look at these shows something new."""
        before = [self._inventory.get(*key) for key in keys]
        try:
            await self._observer.read(keys)
        except CloudError as unread:
            return unread
        return None if [self._inventory.get(*key) for key in keys] != before else otherwise

    async def _list_again(self, step: Step, error: CloudError) -> CloudError | None:
        try:
            await self._observer.list_kinds(0.0, [step.kind])
        except CloudError as unread:
            return unread
        return None if self._tries[(step.verb, step.key)] < _TRIES else Retry(str(error))
