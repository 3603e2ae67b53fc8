"""The references of a resource: which it holds, and the same resource with values in their place. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from modelpoc.reconcile.resource import Ref, Resource

R = TypeVar("R", bound=Resource)
_ORDER = ("needs", "switch_after")
"""Fields that give an order and no value."""


def value_refs(resource: Resource) -> tuple[Ref, ...]:
    """Every reference in its fields, each once, in order of appearance."""
    values = (getattr(resource, f.name) for f in dataclasses.fields(resource) if f.name not in _ORDER)
    return tuple(dict.fromkeys(ref for value in values for ref in _walk(value)))


def refs_of(resource: Resource) -> tuple[Ref, ...]:
    """Every reference in its fields and `needs`, each once: what must be there before it is made."""
    return tuple(dict.fromkeys((*value_refs(resource), *_walk(resource.needs))))


def all_refs(resource: Resource) -> tuple[Ref, ...]:
    """Every reference, also those that only a change waits for."""
    return tuple(dict.fromkeys((*refs_of(resource), *_walk(resource.switch_after))))


def resolve(resource: R, known: Callable[[Ref], Any]) -> R:
    """The same resource with every reference in its fields replaced by what `known` gives for it."""
    return dataclasses.replace(resource, **_changed_fields(resource, known, skip=("name", "given", *_ORDER)))


def _walk(value: Any) -> Iterable[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, (tuple, list, frozenset)):
        for item in value:
            yield from _walk(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            yield from _walk(getattr(value, f.name))


def _map(value: Any, known: Callable[[Ref], Any]) -> Any:
    if isinstance(value, Ref):
        return known(value)
    if isinstance(value, Mapping):
        return {key: _map(item, known) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(_map(item, known) for item in value)
    if isinstance(value, frozenset):
        return frozenset(_map(item, known) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and any(_walk(value)):
        return dataclasses.replace(value, **_changed_fields(value, known))
    return value


def _changed_fields(value: Any, known: Callable[[Ref], Any], skip: Collection[str] = ()) -> dict[str, Any]:
    return {
        f.name: _map(getattr(value, f.name), known)
        for f in dataclasses.fields(value)
        if f.init and f.name not in skip
    }
