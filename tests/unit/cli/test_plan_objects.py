"""What a plan is made from: configurations laid over what a cluster has."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.secret import UnreadValue
from modelpoc.cli import plan_objects
from modelpoc.cli.faces import CliError
from modelpoc.cli.plan_objects import Objects, Wanted
from modelpoc.controller.keys import Key
from modelpoc.desired.names import poc_named
from modelpoc.desired.secrets import owned_secrets
from modelpoc.kube.cluster import PLATFORM, POC, Cluster
from modelpoc.kube.errors import Refused

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = {"name": "T", "secretKeyRef": {"name": "token", "key": "k"}}


class Held:
    """A cluster that holds these POCs, and lets Secrets be read or not."""

    def __init__(self, *pocs: dict[str, Any], readable: bool = True, everywhere: bool = True) -> None:
        self.pocs, self.readable, self.everywhere = pocs, readable, everywhere
        self.asked: list[str | None] = []

    async def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[dict[str, Any]]:
        if kind == PLATFORM:
            return []
        assert kind == POC
        self.asked.append(namespace)
        if namespace is None and not self.everywhere:
            raise Refused("listing ModelPOC: forbidden", 403)
        return list(self.pocs)

    async def secrets(self, namespace: str, selector: str) -> dict[str, dict[str, bytes]]:
        assert (namespace, selector) == ("team", "modelpoc.dev/use=true")
        if not self.readable:
            raise Refused("listing Secrets in team: forbidden", 403)
        return {"token": {"k": b"hush"}}


def manifest(name: str = "one", *, manager: str = "kubectl", **spec: Any) -> dict[str, Any]:
    meta = {
        "name": name,
        "namespace": "team",
        "uid": "u",
        "generation": 3,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": manager}],
    }
    spec = {"ecs": {"image": "local/one:1"}, **spec}
    return {"apiVersion": "modelpoc.dev/v1alpha1", "kind": POC, "metadata": meta, "spec": spec}


def config(name: str = "one", **spec: Any) -> ModelPOC:
    spec = {"ecs": {"image": "local/one:1"}, **spec}
    return ModelPOC.model_validate({"metadata": {"name": name, "namespace": "default"}, "spec": spec})


def read(held: Held) -> Objects:
    objects = Objects(cast(Cluster, held), "team")
    asyncio.run(objects.read())
    return objects


def overlaid(held: Held, poc: ModelPOC) -> Wanted:
    (wanted,) = read(held).overlaid([poc], NOW)
    return wanted


def test_a_config_takes_the_place_of_the_spec_alone() -> None:
    status = {"failedRevision": "f:7", "observedGeneration": 3}
    found = overlaid(Held({**manifest(), "status": status}), config(ecs={"image": "local/one:2"}))
    assert found.poc.spec.ecs is not None
    assert found.poc.spec.ecs.image == "local/one:2"
    assert (found.poc.metadata.uid, found.poc.metadata.namespace) == ("u", "team")
    assert found.poc.status.failed_revision == "f:7"
    assert found.poc.metadata.generation == 4


def test_the_same_config_is_no_new_generation() -> None:
    assert overlaid(Held(manifest()), config()).poc.metadata.generation == 3


def test_a_new_poc_is_the_youngest_of_its_platform() -> None:
    objects = read(Held(manifest("old")))
    (new,) = objects.overlaid([config("new")], NOW)
    assert new.live is None
    assert new.key == Key("team", "new")
    assert objects.store.fleet(new.key).in_platform == 2


def test_another_platform_is_another_poc() -> None:
    with pytest.raises(CliError, match="platformRef cannot change"):
        overlaid(Held(manifest()), config(platformRef={"name": "other"}))


@pytest.mark.parametrize(
    ("manager", "shippers", "image"),
    [
        ("modelpoc-cli", 1, "local/one:1"),
        ("modelpoc-sync", 1, "PLACEHOLDER"),
        ("modelpoc-cli", 0, "PLACEHOLDER"),
    ],
)
def test_what_apply_built_here_stays_where_the_config_leaves_it_open(
    monkeypatch: pytest.MonkeyPatch, manager: str, shippers: int, image: str
) -> None:
    monkeypatch.setattr(plan_objects, "shippers", lambda: [object()] * shippers)
    found = overlaid(Held(manifest(manager=manager)), config(ecs={"image": "PLACEHOLDER"}))
    assert found.poc.spec.ecs is not None
    assert found.poc.spec.ecs.image == image
    assert bool(found.notes) is (image != "PLACEHOLDER")


@pytest.mark.parametrize(
    ("image", "shippers", "noted"), [("PLACEHOLDER", 1, 1), ("PLACEHOLDER", 0, 0), ("a:1", 1, 0)]
)
def test_of_a_new_poc_it_is_told_that_its_image_is_still_to_be_built(
    monkeypatch: pytest.MonkeyPatch, image: str, shippers: int, noted: int
) -> None:
    monkeypatch.setattr(plan_objects, "shippers", lambda: [object()] * shippers)
    (new,) = read(Held(manifest("old"))).overlaid([config("new", ecs={"image": image})], NOW)
    assert len(new.notes) == noted


def test_an_object_that_cannot_be_read_is_told() -> None:
    broken = {**manifest(), "spec": {"ecs": {"image": 7}}}
    with pytest.raises(CliError, match="one in the cluster cannot be read"):
        overlaid(Held(broken), config())


def test_without_a_config_the_object_counts_and_without_either_there_is_nothing() -> None:
    objects = read(Held(manifest()))
    (found,) = objects.live(["one"])
    assert found.poc is found.live
    with pytest.raises(CliError, match="there is no POC two in namespace team"):
        objects.live(["two"])


def test_who_may_list_one_namespace_only_plans_there() -> None:
    held = Held(manifest(), everywhere=False)
    assert read(held).live(["one"])
    assert held.asked == [None, "team"]


@pytest.mark.parametrize("readable", [True, False])
def test_secrets_are_read_or_taken_to_be_unchanged(readable: bool) -> None:
    objects = read(Held(readable=readable))
    wanted = objects.overlaid([config(ecs={"image": "local/one:1", "secrets": [KEY]})], NOW)
    notes = asyncio.run(objects.read_secrets(wanted))
    found = objects.store.secrets_in("team")
    assert set(found) == {("token", "k")}
    assert isinstance(found[("token", "k")], UnreadValue) is not readable
    (owned,) = owned_secrets(wanted[0].poc, poc_named(wanted[0].poc.metadata, "fleet", {}), found)
    assert (owned.fingerprint is None) is not readable
    assert bool(notes) is not readable


def test_nobody_asks_for_secrets_that_no_poc_names() -> None:
    held = Held(readable=False)
    objects = read(held)
    assert asyncio.run(objects.read_secrets(objects.overlaid([config()], NOW))) == ()
