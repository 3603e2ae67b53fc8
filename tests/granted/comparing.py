"""What is granted against what was used: each should be the other, verb for verb and action for action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.granted.observing import Request

from localcloud.rights import NAMESPACE, OPERATOR

Rules = Mapping[str, Mapping[str, list[dict[str, Any]]]]
"""As in the chart's file: operator and sync, each with `cluster` and `namespaced`."""


@dataclass(frozen=True, order=True)
class Verb:
    """One verb on one resource, as one of the four lists of rules grants it."""

    whose: str
    where: str
    group: str
    resource: str
    verb: str
    name: str = ""

    def covers(self, request: Request) -> bool:
        """Whether a request needs this, whoever asked."""
        same = (self.verb, self.group, self.resource) == (request.verb, request.group, request.resource)
        return same and self.name in ("", request.name) and self._reaches(request.namespace)

    def _reaches(self, namespace: str) -> bool:
        if self.where == "cluster":
            return True
        return namespace == NAMESPACE if self.whose == "operator" else namespace != ""

    def __str__(self) -> str:
        named = f" {self.name}" if self.name else ""
        return f"{self.whose}.{self.where}: {self.verb} {_resource(self.group, self.resource)}{named}"


def verbs(rules: Rules) -> Iterator[Verb]:
    """Everything that the rules grant."""
    for whose, lists in rules.items():
        for where, each in lists.items():
            for rule in each:
                yield from _of(whose, where, rule)


def _of(whose: str, where: str, rule: Mapping[str, Any]) -> Iterator[Verb]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames", [""]):
                    yield Verb(whose, where, group, resource, verb, name)


@dataclass(frozen=True)
class Seen:
    """What one cloud saw, and in which test."""

    cloud: str
    test: str
    kube: tuple[Request, ...] = ()
    used: frozenset[str] = frozenset()
    refused: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Seen:
        """As `observing.note` wrote it."""
        iam = document["iam"]
        kube = tuple(Request(**each) for each in document["kube"])
        return cls(document["cloud"], document["test"], kube, frozenset(iam["used"]), tuple(iam["refused"]))


@dataclass(frozen=True)
class Compared:
    """Both differences, and by whom what is granted was used first."""

    used: Mapping[str, Seen]
    too_much: tuple[str, ...]
    lacking: Mapping[str, Seen]

    @property
    def equal(self) -> bool:
        """Whether nothing is too much or lacking."""
        return not self.too_much and not self.lacking


def kube(rules: Rules, seen: Iterable[Seen]) -> Compared:
    """Verbs of the rules against the requests of all clouds."""
    granted = sorted(verbs(rules))
    used: dict[str, Seen] = {}
    lacking: dict[str, Seen] = {}
    for one in seen:
        for request in one.kube:
            needed = _needed(granted, request) if request.allowed else ()
            for verb in needed:
                used.setdefault(str(verb), one)
            if not needed:
                lacking.setdefault(_told(request), one)
    return Compared(used, tuple(str(verb) for verb in granted if str(verb) not in used), lacking)


def _needed(granted: Iterable[Verb], request: Request) -> tuple[Verb, ...]:
    """The verbs that cover it: those of its own rules if any, else those of the others it has as well."""
    covering = tuple(verb for verb in granted if verb.covers(request))
    own = "operator" if request.user == OPERATOR else "sync"
    return tuple(verb for verb in covering if verb.whose == own) or covering


def iam(granted: frozenset[str], seen: Iterable[Seen]) -> Compared:
    """Actions of the operator's policy against those that its role used, or wanted and never may."""
    used: dict[str, Seen] = {}
    lacking: dict[str, Seen] = {}
    for one in seen:
        for action in sorted(one.used):
            used.setdefault(action, one)
        for action in sorted(one.used | {each["action"] for each in one.refused}):
            if action not in granted:
                lacking.setdefault(action, one)
    return Compared(used, tuple(sorted(granted - used.keys())), lacking)


def _told(request: Request) -> str:
    place = f" in {request.namespace}" if request.namespace else ""
    what = _resource(request.group, request.resource)
    return f"{request.user.rpartition(':')[2]}: {request.verb} {what} {request.name}".rstrip() + place


def _resource(group: str, resource: str) -> str:
    name, slash, within = resource.partition("/")
    return f"{name}.{group}{slash}{within}" if group else resource
