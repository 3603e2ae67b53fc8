"""The store: what was last seen, and how POCs stand to platforms, to each other and to Secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.controller.held import PLATFORM

from modelpoc.aws.secret import SecretValue
from modelpoc.controller.keys import Key, platform_key
from modelpoc.controller.store import Store, Unreadable, read_poc
from modelpoc.desired.allow import Fleet

pytestmark = pytest.mark.unit

BORN = datetime(2026, 11, 1, tzinfo=UTC)


def put(store: Store, name: str, *, namespace: str = "team", days: int = 0, **more: Any) -> Key:
    meta = {"name": name, "namespace": namespace, "creationTimestamp": BORN + timedelta(days=days)}
    spec = {"ecs": {"image": "local/echo:1", **more.pop("ecs", {})}, **more.pop("spec", {})}
    key = Key(namespace, name)
    store.put(key, read_poc({"metadata": {**meta, **more}, "spec": spec}))
    return key


def test_what_was_put_last_is_what_is_there() -> None:
    store = Store()
    key = put(store, "echo")
    put(store, "echo", ecs={"cpu": 512, "memory": 1024})
    poc = store.poc(key)
    assert poc is not None
    assert not isinstance(poc, Unreadable)
    assert poc.spec.ecs is not None
    assert poc.spec.ecs.cpu == 512
    store.drop(key)
    assert store.poc(key) is None


def test_platforms_and_pocs_of_one_name_are_apart() -> None:
    store = Store()
    store.put(platform_key("default"), PLATFORM)
    key = put(store, "default", namespace="")
    store.drop(key)
    assert store.platform("default") is PLATFORM


def test_pocs_of_a_platform_include_those_that_cannot_be_read() -> None:
    store = Store()
    mine = put(store, "a")
    put(store, "b", spec={"platformRef": {"name": "other"}})
    broken = put(store, "c", ecs={"memroy": 3})
    assert isinstance(store.poc(broken), Unreadable)
    assert store.pocs_of("default") == [mine, broken]


def test_age_decides_who_has_a_place() -> None:
    store = Store()
    young = put(store, "a", days=2)
    old = put(store, "b", days=0)
    middle = put(store, "c", days=1, namespace="other")
    assert store.fleet(old) == Fleet(1, 1)
    assert store.fleet(middle) == Fleet(2, 1)
    assert store.fleet(young) == Fleet(3, 2)


def test_of_the_same_age_the_name_decides_so_that_no_two_share_a_place() -> None:
    store = Store()
    keys = [put(store, name) for name in "cab"]
    assert sorted(store.fleet(key).in_platform for key in keys) == [1, 2, 3]


def test_who_goes_makes_room() -> None:
    store = Store()
    put(store, "a", days=0, deletionTimestamp=BORN + timedelta(days=5))
    young = put(store, "b", days=1)
    assert store.fleet(young) == Fleet(1, 1)


def test_a_poc_that_went_in_the_middle_of_its_pass_has_a_place_too() -> None:
    assert Store().fleet(Key("team", "gone")) == Fleet()


def test_secrets_are_seen_only_from_their_own_namespace() -> None:
    store = Store()
    store.put_secret("team", "tokens", {"one": SecretValue(b"1")})
    assert set(store.secrets_in("team")) == {("tokens", "one")}
    assert store.secrets_in("other") == {}
    store.drop_secret("team", "tokens")
    assert store.secrets_in("team") == {}
    assert store.secret_names() == set()


def test_who_reads_a_secret() -> None:
    store = Store()
    secrets = [{"name": "TOKEN", "secretKeyRef": {"name": "tokens", "key": "one"}}]
    reader = put(store, "reader", ecs={"secrets": secrets})
    put(store, "elsewhere", namespace="other", ecs={"secrets": secrets})
    put(store, "without")
    put(store, "broken", ecs={"secrets": secrets, "memroy": 1})
    assert store.pocs_reading("team", "tokens") == [reader]
    assert store.pocs_reading("team", "others") == []
