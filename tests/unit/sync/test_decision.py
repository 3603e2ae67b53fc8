"""What a commit changes in the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.sync.decision import Decision, Pruning, decide, lacks

pytestmark = pytest.mark.unit

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"


def wanted(name: str, commit: str = "c1", **spec: Any) -> dict[str, Any]:
    annotations = {"modelpoc.dev/commit": commit, "modelpoc.dev/source": "repo@main"}
    labels = {"modelpoc.dev/synced-from": KEY}
    metadata = {"name": name, "namespace": "ns", "labels": labels, "annotations": annotations}
    return {"metadata": metadata, "spec": {"ecs": {"image": "x:1"}, **spec}}


def live(name: str, key: str = KEY, **metadata: Any) -> dict[str, Any]:
    """As the API server gives it: with defaults."""
    found = wanted(name)
    found["metadata"] |= {"labels": {"modelpoc.dev/synced-from": key} if key else {}, **metadata}
    return {**found, "spec": {"ecs": {"image": "x:1", "cpu": 256}, "suspend": False}}


def noted(name: str, word: str) -> dict[str, Any]:
    return live(name, annotations={"modelpoc.dev/prune": word})


def decided(
    want: list[dict[str, Any]], have: list[dict[str, Any]], pruning: Pruning | None = None
) -> Decision:
    return decide({w["metadata"]["name"]: w for w in want}, have, KEY, pruning or Pruning())


def test_what_is_not_there_is_written_and_what_is_there_kept() -> None:
    found = decided([wanted("a"), wanted("b")], [live("a")])
    assert (found.write, found.keep, found.prune) == (("b",), ("a",), ())


def test_a_new_commit_is_written_and_is_no_drift() -> None:
    found = decided([wanted("a", "c2", ttl="7d")], [live("a")])
    assert (found.write, found.drifted) == (("a",), {})


def test_a_field_changed_by_hand_under_the_same_commit_has_drifted() -> None:
    changed = live("a")
    changed["spec"]["ecs"]["image"] = "by/hand:1"
    assert decided([wanted("a")], [changed]).drifted == {"a": ("spec.ecs.image",)}


def test_what_is_not_stated_is_nobody_s_business() -> None:
    changed = live("a")
    changed["spec"] |= {"suspend": True, "ttl": "1d"}
    assert decided([wanted("a")], [changed]).write == ()


@pytest.mark.parametrize(
    ("want", "have", "differing"),
    [
        ({"env": [{"name": "A"}]}, {"env": [{"name": "A", "value": ""}]}, ()),
        ({"env": [{"name": "A"}]}, {"env": [{"name": "A"}, {"name": "B"}]}, ("spec.env",)),
        ({"env": [{"name": "A"}]}, {"env": [{"name": "B"}]}, ("spec.env[0].name",)),
        ({"cpu": 2}, {"cpu": 2.0}, ()),
        ({"cpu": 2}, {}, ("spec.cpu",)),
        ({"cpu": {"deep": 1}}, {"cpu": None}, ("spec.cpu",)),
    ],
)
def test_what_is_stated_is_compared(want: Any, have: Any, differing: tuple[str, ...]) -> None:
    meta = {"metadata": {"name": "a"}}
    assert lacks({**meta, "spec": want}, {**meta, "spec": have}) == differing


def test_another_source_s_poc_is_left_alone() -> None:
    found = decided([wanted("a")], [live("a", OTHER)])
    assert (found.claimed, found.write, found.prune) == ({"a": "repo@main"}, (), ())


def test_a_poc_without_a_source_is_taken_over() -> None:
    assert decided([wanted("a")], [live("a", "")]).write == ("a",)


def test_only_what_is_its_own_is_pruned() -> None:
    have = [live("mine"), live("others", OTHER), live("by-hand", "")]
    assert decided([], have).prune == ("mine",)


def test_what_is_being_deleted_waits_to_be_made_again() -> None:
    going = live("a", deletionTimestamp="2026-11-22T12:00:00Z")
    found = decided([wanted("a")], [going])
    assert (found.going, found.write) == (("a",), ())
    assert decided([], [going]).prune == ()


@pytest.mark.parametrize(
    ("owned", "left", "goes"),
    [(1, 1, True), (2, 1, True), (2, 2, False), (3, 1, True), (6, 2, True), (6, 3, False), (9, 3, True)],
)
def test_a_third_may_go_at_once_and_one_always(owned: int, left: int, goes: bool) -> None:
    have = [live(f"p{i}") for i in range(owned)]
    found = decided([wanted(f"p{i}") for i in range(left, owned)], have)
    gone = tuple(f"p{i}" for i in range(left))
    assert (found.prune, found.held) == ((gone, ()) if goes else ((), gone))


def test_a_say_so_lets_more_go() -> None:
    have = [live("a"), live("b"), noted("c", "allow"), noted("d", "allow"), noted("e", "keep")]
    found = decided([], have)
    assert (found.prune, found.held, found.kept) == (("c", "d"), ("a", "b"), ("e",))
    assert decided([], have, Pruning(allowed=2)).prune == ("a", "b", "c", "d")
    assert decided([], have, Pruning(allowed=0)).held == ("a", "b")


def test_without_pruning_nothing_goes_and_nothing_is_held() -> None:
    found = decided([], [live("a"), noted("b", "allow")], Pruning(enabled=False))
    assert (found.prune, found.held, found.kept) == ((), (), ("a", "b"))
