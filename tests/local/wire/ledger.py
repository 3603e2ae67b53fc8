"""What calls to AWS change, read off the calls alone: which resource, which verb, which fields.

A ledger remembers what every thing was last told. The fields of a call are the parameters whose value differs
from that, so that a call that repeats nine settings to change one changes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local.wire.names import Ids, Parameters
from tests.local.wire.operations import (
    MAKES,
    OPERATIONS,
    TAG_OPERATIONS,
    WHERE,
    Operation,
    Recorded,
    tagging,
    things,
)

Thing = tuple[str, str]
"""Kind and name."""
CONTENT = re.compile(r"(-[0-9a-f]{10})-[0-9a-f]{10}$")
BY_KEY = ("environment", "secrets")
"""Fields that hold several things, told by their names."""


def base(name: str) -> str:
    """A name without the hash of the content: `<family>@<hash>`, `<name>-<hash>`, `<family>:<revision>`."""
    return CONTENT.sub(r"\1", re.sub(r"(@|:\d+$).*", "", name))


@dataclass
class Ledger:
    told: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    ids: Ids = field(default_factory=dict)
    verbs: dict[Thing, set[str]] = field(default_factory=dict)
    changed: dict[Thing, set[str]] = field(default_factory=dict)
    there: dict[Thing, set[str]] = field(default_factory=dict)
    """Whole names: of what cannot be changed there may be two for a while."""
    buried: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    """What deleted secrets were told: AWS can bring them back."""

    def begin(self) -> None:
        """From here on, what is done is counted anew; what was told stays."""
        self.verbs, self.changed = {}, {}

    def take(self, call: Recorded) -> None:
        known = OPERATIONS[call.operation] if call.operation in OPERATIONS else tagging(call)
        for kind, name, parameters in things(self.ids, known, call):
            thing = (kind, base(name))
            if known.gone:
                self._goes(thing, name)
                continue
            self.there.setdefault(thing, set()).add(_whole(call, name))
            if call.operation == "RestoreSecret":
                parameters = {**parameters, **self.buried.pop(thing)}
            self._take(thing, known, parameters, call.operation)

    def _goes(self, thing: Thing, name: str) -> None:
        self.verbs.setdefault(thing, set()).add("delete")
        left = self.there.setdefault(thing, set())
        left.discard(name)
        if not left:
            self.buried[thing] = self.told.pop(thing, {})

    def _take(self, thing: Thing, known: Operation, parameters: Parameters, operation: str) -> None:
        new, old = _flat({**parameters}), self.told.get(thing, {})
        made = thing not in self.told or operation in MAKES
        # A parameter is told as a whole, but for tags, which are put on and taken off one by one.
        again = () if operation in TAG_OPERATIONS else parameters
        kept = {} if operation in MAKES else {p: v for p, v in old.items() if _top(p) not in again}
        self.verbs.setdefault(thing, set()).add("create" if made else "update")
        off = parameters.get("TagKeys", parameters.get("tagKeys", ()))
        merged = {p: v for p, v in {**kept, **new}.items() if not _is_tag(p, off)}
        differing = {p for p in (*new, *old) if old.get(p) != merged.get(p)}
        fields = {_field(known, path, operation) for path in differing}
        self.changed.setdefault(thing, set()).update(f for f in fields if f)
        self.told[thing] = {p: v for p, v in merged.items() if _top(p) not in (*WHERE, "TagKeys", "tagKeys")}

    def outcome(self) -> dict[Thing, tuple[str, frozenset[str]]]:
        """For each thing: the verb, and the fields that differ from what it was told before."""
        return {t: (_verb(v), frozenset(self.changed.get(t, ()))) for t, v in self.verbs.items()}


def _whole(call: Recorded, name: str) -> str:
    made = call.answer.get("taskDefinition") if call.operation == "RegisterTaskDefinition" else None
    return str(made["taskDefinitionArn"]).rpartition("/")[2] if made else name


def _is_tag(path: str, keys: Iterable[str]) -> bool:
    heads = tuple(
        head for key in keys for head in (f"Tags[{key}]", f"tags[{key}]", f"Tags.{key}", f"tags.{key}")
    )
    return path.startswith(heads)


def _verb(verbs: set[str]) -> str:
    return "+".join(sorted(verbs - {"update"})) if verbs - {"update"} else "update"


def _field(known: Operation, path: str, operation: str) -> str | None:
    for beginning, ours in sorted(known.fields.items(), key=lambda item: -len(item[0])):
        if path == beginning or path.startswith((f"{beginning}.", f"{beginning}[")):
            within = re.search(r"[\[.]([^\[\].]+)\]?(\.value|\.valueFrom)?$", path.removeprefix(beginning))
            return f"{ours}.{within[1]}" if within and ours in BY_KEY else ours
    raise AssertionError(f"{operation} tells {path}: which field is that?")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Leaves by path. Lists of tags, variables and options go by their names."""
    if isinstance(value, Mapping):
        return {
            k: v for n, item in value.items() for k, v in _flat(item, f"{path}.{n}" if path else n).items()
        }
    if isinstance(value, list | tuple) and value and all(_key(item) for item in value):
        return {k: v for item in value for k, v in _flat(_rest(item), f"{path}[{_key(item)}]").items()}
    if value in (None, "", (), [], {}):
        return {}
    return {path: tuple(map(str, value)) if isinstance(value, list | tuple) else value}


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _key(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    return next((str(item[k]) for k in ("Key", "key", "name") if k in item), None)


def _rest(item: Mapping[str, Any]) -> dict[str, Any]:
    named = ("Key", "key", "name") if {"value", "valueFrom"} & item.keys() else ("Key", "key")
    return {k: v for k, v in item.items() if k not in named}
