"""What may happen to owners, their process and their cloud, as data: drawn by Hypothesis, then played."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from hypothesis import strategies as st
from tests.unit.reconcile.cloud import Fault, Thing
from tests.unit.reconcile.kinds import BAD
from tests.unit.reconcile.world import A, B, Spec, World

from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.owner import Owner

NO_ONE = "-"


class Operation(Protocol):
    async def play(self, world: World) -> None: ...


@dataclass(frozen=True)
class Ask:
    """An owner's spec changes; None: the owner goes."""

    owner: Owner
    spec: Spec | None

    async def play(self, world: World) -> None:
        world.specs[self.owner] = self.spec


@dataclass(frozen=True)
class Pass:
    """One pass, with what befalls its calls."""

    owner: Owner
    faults: tuple[Fault | None, ...] = ()

    async def play(self, world: World) -> None:
        if self.owner in world.specs:
            world.cloud.coming.extend(self.faults)
            await world.try_run(self.owner)
            world.cloud.coming.clear()


@dataclass(frozen=True)
class Wait:
    seconds: float

    async def play(self, world: World) -> None:
        await world.clock.sleep(self.seconds)


@dataclass(frozen=True)
class Restart:
    async def play(self, world: World) -> None:
        world.start()


@dataclass(frozen=True)
class Lose:
    """Somebody deletes something by hand, if the cloud lets them."""

    which: int

    async def play(self, world: World) -> None:
        if thing := _owned(world, self.which):
            refused = len(world.cloud.refused)
            try:
                world.cloud.delete(thing.id)
            except CloudError:
                del world.cloud.refused[refused:]


_ALTERED = {"Ground": ("size", "colour"), "Machine": ("power",), "Door": ("width",), "Note": ("text",)}


@dataclass(frozen=True)
class Alter:
    """Somebody changes a field by hand."""

    which: int

    async def play(self, world: World) -> None:
        thing = _owned(world, self.which)
        names = _ALTERED.get(thing.kind, ()) if thing else ()
        if thing and names:
            name = names[self.which % len(names)]
            other = 99 if isinstance(thing.fields[name], int) else "other"
            world.cloud.put(replace(thing, fields={**thing.fields, name: other}))


@dataclass(frozen=True)
class Settle:
    """Somebody else takes a path, by a sign or a door of their own."""

    path: str
    door: bool

    async def play(self, world: World) -> None:
        site = world.given[0].id
        held = world.cloud.named("Door", self.path)
        taken = any(f"path:{site}:{self.path}" in t.claims for t in world.cloud.things.values())
        if held or taken:
            return
        values = {"site": site, "path": self.path, "mark": NO_ONE, "width": 7, "to": None}
        claims = frozenset() if self.door else frozenset({f"path:{site}:{self.path}"})
        kind, name = ("Door", self.path) if self.door else ("Sign", f"foreign-{self.path}")
        world.cloud.create(Thing("", kind, name, values, refs=frozenset({site}), claims=claims))


@dataclass(frozen=True)
class Reseal:
    """What is only referred to gets another version."""

    version: str

    async def play(self, world: World) -> None:
        seal = world.cloud.things[world.given[1].id]
        world.cloud.put(replace(seal, attrs={"version": self.version}))


def _owned(world: World, which: int) -> Thing | None:
    owned = [*world.held(A.mark), *world.held(B.mark)]
    return owned[which % len(owned)] if owned else None


owners = st.sampled_from([A, A, B])
paths = st.sampled_from(["p", "q"])
specs = st.builds(
    Spec,
    path=st.one_of(paths, paths, st.none()),
    place=st.sampled_from([1, 2]),
    size=st.sampled_from([1, 2]),
    colour=st.sampled_from(["green", "red"]),
    content=st.sampled_from(["one", "two", BAD]),
    power=st.sampled_from([1, 2]),
    machine=st.sampled_from(["", "", "-2"]),
    door=st.booleans(),
    width=st.sampled_from([1, 2]),
    note=st.sampled_from([None, "x", "y"]),
    seal=st.booleans(),
)
faults = st.lists(st.sampled_from([None, None, None, *Fault]), max_size=12).map(tuple)

asks = st.builds(Ask, owners, st.one_of(specs, specs, specs, st.none()))
calm = st.one_of(asks, st.builds(Pass, owners), st.builds(Wait, st.sampled_from([0.5, 3.0, 8.0])))
rough = st.one_of(
    asks,
    asks,
    st.builds(Pass, owners, faults),
    st.builds(Pass, owners, faults),
    st.builds(Wait, st.sampled_from([0.5, 3.0, 8.0])),
    st.builds(Restart),
    st.builds(Lose, st.integers(0, 30)),
    st.builds(Alter, st.integers(0, 30)),
    st.builds(Reseal, st.sampled_from(["1", "2"])),
)
crowded = st.one_of(rough, rough, st.builds(Settle, paths, st.booleans()))
