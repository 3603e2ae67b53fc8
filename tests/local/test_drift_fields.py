"""Every field of every kind of thing that the operator owns, changed by hand: a resync puts it back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import get_args

import pytest
from tests.local import by_hand_drifts, by_hand_endpoints
from tests.local.aws_listing import Holdings, differences, holdings
from tests.local.by_hand import NOT_OURS, Drift
from tests.local.engine_world import EngineCloud, Operator, told
from tests.local.everything import PLATFORM, everything, everything_settles

from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.act import Ages, Outcome
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed, Resource

pytestmark = pytest.mark.local

DRIFTS = (*by_hand_drifts.DRIFTS, *by_hand_endpoints.DRIFTS)
EXCEPTIONS = {**by_hand_drifts.EXCEPTIONS, **by_hand_endpoints.EXCEPTIONS}


@pytest.fixture(scope="module")
def full(engine_cloud: EngineCloud) -> Iterator[Operator]:
    made = Operator(engine_cloud, engine_cloud.platform(**PLATFORM))
    everything(made)
    yield made
    made.close()


def mark_of(operator: Operator, owner: str) -> Mark:
    return operator.platform_mark if owner == "platform" else operator.mark(owner)


def the_thing(operator: Operator, drift: Drift) -> Observed:
    owned = operator.scope.inventory.owned(mark_of(operator, drift.owner))
    return next(o for o in owned if o.kind == drift.kind)


def resync(operator: Operator, owner: str, *, deep: bool) -> Outcome:
    ages = Ages(listing=0.0, settling=0.0, deep=0.0 if deep else float("inf"))
    return operator.platform_pass(ages) if owner == "platform" else operator.pass_(owner, ages)


def ours(found: Holdings) -> Holdings:
    """Without what somebody made by hand for a case to point at."""
    return {key: value for key, value in found.items() if "by-hand" not in key and ":8099" not in key}


@pytest.mark.parametrize("drift", DRIFTS, ids=str)
def test_a_field_changed_by_hand_is_put_back(full: Operator, drift: Drift) -> None:
    wanted = ours(holdings(full.cloud.client))
    have = the_thing(full, drift)
    drift.by_hand(full.cloud, have)
    assert differences(wanted, ours(holdings(full.cloud.client))), "nothing was changed"
    deep = not set(drift.fields) <= KINDS[drift.kind].fast
    first = resync(full, drift.owner, deep=deep)
    assert any(step.kind == drift.kind for step in first.done), f"repair has not begun:\n{told(first)}"
    everything_settles(full)
    assert differences(wanted, ours(holdings(full.cloud.client))) == []


def all_fields() -> set[tuple[str, str]]:
    """(kind, field) of every dataclass, and of what only the kind compares."""
    owned = [kind for name, kind in KINDS.items() if name not in NOT_OURS]
    common = {f.name for f in dataclasses.fields(Resource)}
    fields = {(k.kind, f.name) for k in owned for f in dataclasses.fields(_dataclass(k))}
    return {f for f in fields if f[1] not in common} | {(k.kind, f) for k in owned for f in k.fast | k.deep}


def _dataclass(kind: object) -> type[Resource]:
    """The `R` of `class ThingKind(BaseKind[R, AwsScope])`, or of a class between the two."""
    bases = (base for cls in type(kind).__mro__ for base in vars(cls).get("__orig_bases__", ()))
    found = (arg for base in bases for arg in get_args(base) if isinstance(arg, type))
    return next(arg for arg in found if issubclass(arg, Resource))


def test_every_field_has_its_case_or_its_reason() -> None:
    tried = {(drift.kind, field) for drift in DRIFTS for field in drift.fields}
    assert sorted(all_fields() - tried - EXCEPTIONS.keys()) == []
    assert sorted(tried & EXCEPTIONS.keys()) == []
    assert sorted(EXCEPTIONS.keys() - all_fields()) == [], "reasons for what is no more"
