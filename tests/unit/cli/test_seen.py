"""What counts as the end of an apply, for every state that the operator's own code writes."""

from __future__ import annotations

import copy

import pytest
from tests.unit.cli.objects import changed, state, states

from modelpoc.cli.seen import Ending, Seen, ending, message

pytestmark = pytest.mark.unit

_ENDINGS = {
    "serving": Ending.READY,
    "stand-in image": Ending.PLACEHOLDER,
    "needs someone (conflict, not allowed, failed rollout, quota, …)": Ending.STALLED,
    "deletion is stuck": Ending.STALLED,
    "suspended, expired": Ending.SUSPENDED,
    "observing": Ending.OBSERVING,
}
"""By row of the table in docs/conditions.md; every other row is on its way."""
_STATES = states()


@pytest.mark.parametrize("name", _STATES)
def test_each_state_ends_a_wait_or_does_not(name: str) -> None:
    row, manifest = _STATES[name]
    assert ending(Seen.of(manifest)) == _ENDINGS.get(row)


def test_every_ending_of_an_object_is_among_the_states() -> None:
    """Else the table above would prove less than it seems to."""
    assert {_ENDINGS[row] for row, _ in _STATES.values() if row in _ENDINGS} == set(Ending) - {Ending.GONE}


@pytest.mark.parametrize("name", [n for n, (row, _) in _STATES.items() if row in _ENDINGS])
def test_nothing_said_of_an_earlier_spec_is_an_end(name: str) -> None:
    manifest = state(name)
    later = changed(manifest, generation=manifest["metadata"]["generation"] + 1)
    assert ending(Seen.of(later)) is None


def test_a_condition_that_was_only_carried_over_is_no_end() -> None:
    """The status speaks of the new spec, its Ready still of the old one."""
    manifest = copy.deepcopy(state("ready"))
    manifest["metadata"]["generation"] = manifest["status"]["observedGeneration"] = 2
    assert ending(Seen.of(manifest)) is None


def test_an_object_without_status_is_on_its_way() -> None:
    bare = {key: value for key, value in state("ready").items() if key != "status"}
    seen = Seen.of(bare)
    assert not seen.looked_at
    assert ending(seen) is None
    assert message(seen, None) == ""


def test_the_message_of_what_stalled_is_stalled_s_own() -> None:
    manifest = copy.deepcopy(state("first-rollout-failed"))
    for condition in manifest["status"]["conditions"]:
        condition["message"] = f"of {condition['type']}"
    assert message(Seen.of(manifest), Ending.STALLED) == "of Stalled"
    assert message(Seen.of(manifest), None) == "of Ready"
