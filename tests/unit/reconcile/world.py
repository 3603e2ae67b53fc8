"""Owners with specs, a process that runs passes for them, and the cloud that it runs them on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from tests.unit.reconcile.cloud import Clock, Cloud, Crash, Session, Thing
from tests.unit.reconcile.kinds import (
    KINDS,
    UNIQUE,
    Door,
    Ground,
    Machine,
    Note,
    Seal,
    Sheet,
    Sign,
    Site,
    ThingKind,
)
from tests.unit.reconcile.sequences import settle, shape

from modelpoc.reconcile.act import Ages, Engine
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.observe import Observer
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.owner import Mark, Owner
from modelpoc.reconcile.plan import Rules
from modelpoc.reconcile.resource import Ref, Resource

DOUBT = 5.0
FRESH = Ages(listing=0.0, settling=0.0, deep=0.0)
A, B = Owner("fleet", "team", "a"), Owner("fleet", "team", "b")


@dataclass(frozen=True)
class Spec:
    """What an owner may ask for. `path` None: nothing but its ground (suspended)."""

    path: str | None = "p"
    place: int = 1
    """Another place is another ground: what cannot be changed stands in the name."""
    size: int = 1
    colour: str = "green"
    content: str = "one"
    power: int = 1
    machine: str = ""
    """Another one is another machine, to which the door then leads."""
    door: bool = True
    width: int = 1
    note: str | None = None
    seal: bool = False


def graph_of(owner: Owner, spec: Spec | None) -> Graph:
    return Graph(_resources(owner, spec) if spec else ())


def _resources(owner: Owner, spec: Spec) -> Iterable[Resource]:
    mark, name = str(owner.mark), owner.name
    ground = Ground(name=f"{name}-{spec.place}", mark=mark, size=spec.size, colour=spec.colour)
    yield ground
    if spec.path is None:
        return
    site, on = Site(name="site", given=True), Ref("Ground", ground.name, "id")
    sign = Sign(
        name=f"{name}-{spec.place}", mark=mark, site=Ref("Site", "site", "id"), path=spec.path, ground=on
    )
    yield from (site, sign)
    versions: dict[str, str | Ref] = {}
    if spec.note is not None:
        yield Note(name=name, mark=mark, text=spec.note)
        versions |= {"note": Ref("Note", name, "version"), "note id": Ref("Note", name, "id")}
    if spec.seal:
        yield Seal(name="seal", given=True)
        versions["seal"] = Ref("Seal", "seal", "version")
    yield Sheet(name=name, mark=mark, content=spec.content, versions=versions)
    machine = Machine(
        name=name + spec.machine,
        mark=mark,
        sheet=Ref("Sheet", name, "id"),
        ground=on,
        power=spec.power,
        needs=(Ref("Sign", sign.name, "id"),),
    )
    yield machine
    if spec.door:
        yield Door(
            name=spec.path,
            mark=mark,
            site=Ref("Site", "site", "id"),
            width=spec.width,
            to=Ref("Machine", machine.name, "id"),
            switch_after=(Ref("Machine", machine.name, "serving"),),
        )


class World:
    """A cloud with a site and a seal in it, and one process that can be started anew."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.cloud = Cloud(self.clock, UNIQUE)
        self.specs: dict[Owner, Spec | None] = {}
        self.given = [
            self.cloud.create(Thing("", "Site", "site", {})),
            self.cloud.create(Thing("", "Seal", "seal", {}, attrs={"version": "1"})),
        ]
        self.start()

    def start(self) -> None:
        """A new process: it knows nothing."""
        self.inventory = Inventory(self.clock, DOUBT)
        self.session = Session(self.cloud, self.inventory)
        observer = Observer(self.inventory, KINDS, self.session, sleep=self.clock.sleep)
        self.engine = Engine(KINDS, self.session, self.inventory, observer)
        self.engine.around = Graph([Site(name="site", given=True)])

    def use(self, *kinds: ThingKind) -> None:
        """Other ways of some kinds from now on."""
        self.engine.kinds = {**self.engine.kinds, **{k.kind: k for k in kinds}}

    async def run(self, owner: Owner, ages: Ages | None = None, adopt: bool = False) -> Outcome:
        """One pass; raises Crash when the process died in it."""
        graph = graph_of(owner, self.specs.get(owner))
        return await self.engine.run(graph, owner.mark, Rules(adopt), ages or Ages(listing=30.0))

    async def try_run(self, owner: Owner) -> None:
        """One pass, whatever happens in it; a process that died is followed by the next."""
        with suppress(Crash, CloudError):
            await self.run(owner)
        if self.session.dead:
            self.start()

    async def wait(self) -> None:
        await self.clock.sleep(DOUBT + 1)

    async def settle(self, most: int = 60) -> dict[Owner, Outcome]:
        """Without further faults; what is found at the end is by a fresh look at everything."""
        self.cloud.coming.clear()
        self.cloud.scripted.clear()
        await self.wait()
        owners = list(self.specs)
        passes = [lambda owner=owner: self.run(owner, FRESH) for owner in owners]
        return dict(zip(owners, await settle(passes, self.wait, most), strict=True))

    def held(self, mark: Mark) -> list[Thing]:
        return self.cloud.owned(mark)

    def shape(self, mark: Mark) -> list[tuple[object, ...]]:
        """What an owner holds in the cloud; the number of a sign is a matter of chance."""
        now = self.clock()
        return shape((t.observed(now, deep=True) for t in self.held(mark)), {"number"})


async def fresh_shape(owner: Owner, spec: Spec | None, seal: str = "1") -> list[tuple[object, ...]]:
    """What a cloud holds in which nothing but this ever happened."""
    world = World()
    world.cloud.put(replace(world.given[1], attrs={"version": seal}))
    world.specs[owner] = spec
    await world.settle()
    return world.shape(owner.mark)
