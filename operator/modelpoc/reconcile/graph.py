"""What an owner asks for: resources and the order that their references give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from modelpoc.reconcile.references import all_refs
from modelpoc.reconcile.resource import Resource


class Graph:
    """Resources by (kind, name), in an order in which each comes after what it refers to.

    Raises ValueError when a reference leads nowhere, in a circle, or two resources share a key.
    """

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        given = list(resources)
        by_key = {r.key: r for r in given}
        if len(by_key) != len(given):
            raise ValueError("two resources of one kind and name")
        self._resources = {key: by_key[key] for key in _ordered(by_key)}

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def __len__(self) -> int:
        return len(self._resources)

    def __contains__(self, key: object) -> bool:
        return key in self._resources

    def get(self, kind: str, name: str) -> Resource | None:
        return self._resources.get((kind, name))


def _ordered(by_key: Mapping[tuple[str, str], Resource]) -> list[tuple[str, str]]:
    sorter: TopologicalSorter[tuple[str, str]] = TopologicalSorter()
    for key, resource in by_key.items():
        before = [r.key for r in all_refs(resource)]
        lost = [b for b in before if b not in by_key]
        if lost:
            raise ValueError(f"{resource} refers to {'/'.join(lost[0])}, which is not in the graph")
        sorter.add(key, *before)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise ValueError(f"resources refer to each other in a circle: {error.args[1]}") from error
