"""Log groups: what differs, and what is left alone."""

from __future__ import annotations

import pytest

from modelpoc.aws import tags
from modelpoc.aws.log_group import LogGroup, LogGroupKind
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit

TAGS = tags.owner_tags(Owner("fleet", "ns", "echo"), {"team": "ml"})
WANT = LogGroup(name="/modelpoc/fleet/ns/echo", retention_days=14, tags=TAGS)


def have(**fields: object) -> Observed:
    return Observed("LogGroup", WANT.name, id=WANT.name, fields=fields)


def changed(want: LogGroup, seen: Observed) -> list[str]:
    return [c.field for c in LogGroupKind().diff(want, seen)]


def test_as_wanted_nothing_differs() -> None:
    assert changed(WANT, have(retention_days=14, tags=TAGS)) == []


@pytest.mark.parametrize("days", [None, 30])
def test_another_retention_differs(days: int | None) -> None:
    assert changed(WANT, have(retention_days=days, tags=TAGS)) == ["retention_days"]


def test_no_wish_for_retention_leaves_it_alone() -> None:
    assert changed(LogGroup(name=WANT.name, tags=TAGS), have(retention_days=30, tags=TAGS)) == []


def test_tags_not_looked_at_do_not_differ() -> None:
    assert changed(WANT, have(retention_days=14)) == []
