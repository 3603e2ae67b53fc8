"""Building by whoever knows the cluster's cloud."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.objects import Manifest, state

from modelpoc.cli.faces import CliError
from modelpoc.cli.shippers import GROUP, Ship, shipped

pytestmark = pytest.mark.unit


def _ship(*by: Ship) -> Manifest:
    return shipped(
        state("ready"), {"spec": {}}, models=Path("models"), server="https://one", tell=lambda _: None, by=by
    )


def _of_another_cloud(**_: Any) -> None:
    return None


def _building(**given: Any) -> Manifest:
    assert given.keys() == {"name", "models", "manifest", "platform", "server", "tell"}
    manifest: Manifest = given["manifest"]
    return {**manifest, "spec": {"ecs": {"image": f"{given['name']}@{given['server']}"}}}


def _failing(**_: Any) -> Manifest:
    raise LookupError("no Dockerfile")


def test_the_first_that_knows_the_cloud_builds() -> None:
    assert _ship(_of_another_cloud, _building, _failing)["spec"] == {"ecs": {"image": "echo@https://one"}}


def test_where_none_knows_it_the_manifest_stays() -> None:
    assert _ship(_of_another_cloud) == _ship() == state("ready")


def test_a_build_that_fails_is_told_with_whose_it_is() -> None:
    with pytest.raises(CliError, match="echo could not be built: no Dockerfile"):
        _ship(_failing)


def test_the_local_cloud_brings_one_along() -> None:
    assert [entry.value for entry in entry_points(group=GROUP)] == ["localcloud.ship:ship"]
