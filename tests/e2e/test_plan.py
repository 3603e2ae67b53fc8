"""`modelpoc plan`: what it says before something is applied is what is then done; it writes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.plans import Repository
from tests.world import World, poc

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    (root := tmp_path_factory.mktemp("plans")).joinpath("models_config").mkdir()
    return Repository(world, root)


def spec_of(name: str, **spec: Any) -> dict[str, Any]:
    found: dict[str, Any] = poc(name, **spec)["spec"]
    return found


def test_an_unchanged_poc_has_nothing_to_do_and_a_change_shows(world: World, repository: Repository) -> None:
    repository.write("same", spec_of("same"))
    world.apply(poc("same"))
    world.ready("same")
    since = world.last_call()
    said = repository.plan("same")
    assert (said.code, said.data["changes"], said.data["steps"]) == (0, False, []), said
    repository.write("same", spec_of("same", ecs={"cpu": 512, "memory": 1024}))
    said = repository.plan("same")
    assert said.code == 2
    repository.write("new", spec_of("new"))
    calls = [c for c in world.local(f"calls?since={since}")["calls"] if c["mutating"]]
    assert calls == []
