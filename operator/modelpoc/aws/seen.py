"""Small changes to what was observed, the same for many kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Misplaced
from modelpoc.reconcile.resource import Change, Observed


def as_given(observed: Observed, name: str | None = None) -> Observed:
    """The same under the name that the user gave (default: its id); nobody's, as it is only looked at."""
    return replace(observed, name=name or observed.id, owner=None)


def with_fields(have: Observed, **fields: Any) -> Observed:
    """The same after a write that AWS accepted."""
    return replace(have, fields={**have.fields, **fields})


def one_each(scope: AwsScope, found: Iterable[Observed]) -> list[Observed]:
    """The same, where every name is borne by one thing only.

    AWS lets two APIs, links or integrations have one name. The one that we know by it already keeps it,
    otherwise the first; others are named by their id as well, so that a double that a lost answer left
    behind is seen as a leftover and collected.
    """
    kept: dict[str, Observed] = {}
    for observed in sorted(found, key=lambda o: not _known(scope, o)):
        name = observed.name if observed.name not in kept else f"{observed.name} ({observed.id})"
        kept[name] = replace(observed, name=name)
    return list(kept.values())


def refuse_moved(have: Observed, changes: Iterable[Change], place: str) -> None:
    """Raises Misplaced when the thing is to be in another place (an API, a load balancer) than it is.

    Its place is part of what it is: one elsewhere is not the one that is wanted.
    """
    if any(c.field == place for c in changes):
        raise Misplaced(f"{have} is not where it should be ({place})")


def _known(scope: AwsScope, observed: Observed) -> bool:
    known = scope.inventory.get(observed.kind, observed.name)
    return known is not None and known.id == observed.id
