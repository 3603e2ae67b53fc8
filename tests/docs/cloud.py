"""A cloud called `default` of its own, as a reader of the guides has one after `make demo`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.world import QUICK, ROOT, World

from localcloud import lifecycle
from localcloud.demo.account import platform_manifest, prepare
from localcloud.lifecycle import Wanted
from localcloud.state import CloudFiles

_TIME_SCALE = 100.0


@contextmanager
def default_cloud() -> Iterator[World]:
    """It runs in a state folder of its own, so that a `default` of this machine's user is left alone.

    The folder is in the environment while it runs: what is started finds the cloud by its usual name.
    """
    with tempfile.TemporaryDirectory(prefix="docs-") as state, _environment(XDG_STATE_HOME=state):
        files = CloudFiles.of("default")
        world = World(files, _TIME_SCALE, QUICK)
        wanted = Wanted(_TIME_SCALE, operator=True, crds=ROOT / "crds", operator_words=QUICK)
        try:
            lifecycle.up(files, wanted, lambda _: None)
            world.prepared = prepare(files)
            world.build_echo()
            world.apply(platform_manifest(world.prepared))
            world.wait_platform()
            yield world
        finally:
            world.down()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def checkout(folder: Path) -> Path:
    """A repository without a model to work in."""
    for name in ("models", "models_config"):
        (folder / name).mkdir(parents=True)
    (folder / "crds").symlink_to(ROOT / "crds")
    return folder
