"""The record of all calls, so that tests and people can count and read them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from localcloud.aws.backend import Call

KEPT = 50_000
_READS = (
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "Search",
    "Query",
    "Scan",
    "BatchGet",
    "Filter",
    "Check",
)
_READ_NAMES = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "StartQuery", "StopQuery"})
# Members that may hold what no one should read in a record.
_SECRET = ("secret", "password", "token", "policydocument", "environment", "body", "value", "key")
_SAFE = frozenset(
    {"Key", "KeyId", "SecretId", "SecretArn", "NextToken", "nextToken", "RouteKey", "TagKeys", "tagKeys"}
)
_SHOWN = 200
_LISTED = 20


@dataclass(frozen=True)
class Entry:
    """One call: `outcome` is "OK", an error code, or "ConnectionReset" when its answer was lost."""

    seq: int
    time: datetime
    seconds: float
    service: str
    operation: str
    principal: str
    mutating: bool
    outcome: str
    status: int
    request_id: str
    parameters: Mapping[str, Any]
    carried_out: bool

    def document(self) -> dict[str, Any]:
        """The entry as `/_local/calls` gives it."""
        names = {"request_id": "requestId", "carried_out": "carriedOut"}
        fields = {names.get(name, name): value for name, value in asdict(self).items()}
        return fields | {"time": self.time.isoformat()}


class CallLog:
    """The last `KEPT` calls, numbered from 1 in the order in which they ended."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._seq = 0

    @property
    def last(self) -> int:
        """The number of the last call; a later `since=` of it gives only what came after."""
        return self._seq

    def add(
        self,
        call: Call,
        *,
        time: datetime,
        seconds: float,
        outcome: str,
        status: int,
        parameters: Mapping[str, Any],
        carried_out: bool,
    ) -> None:
        """Notes one call."""
        self._seq += 1
        self._entries.append(
            Entry(
                seq=self._seq,
                time=time,
                seconds=round(seconds, 6),
                service=call.service,
                operation=call.operation,
                principal=call.principal,
                mutating=mutating(call.operation),
                outcome=outcome,
                status=status,
                request_id=call.request_id,
                parameters=parameters,
                carried_out=carried_out,
            )
        )

    def entries(
        self, since: int = 0, principal: str = "*", service: str = "*", operation: str = "*"
    ) -> list[Entry]:
        """The calls after number `since` whose principal, service and operation match the globs."""
        return [
            entry
            for entry in self._entries
            if entry.seq > since
            and fnmatchcase(entry.principal, principal)
            and fnmatchcase(entry.service, service)
            and fnmatchcase(entry.operation, operation)
        ]

    def clear(self) -> None:
        """Forgets the calls; numbers go on."""
        self._entries.clear()


def mutating(operation: str) -> bool:
    """Whether an operation changes something, by its name."""
    return operation not in _READ_NAMES and not operation.startswith(_READS)


def digest(shape: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call that say what it was about: names, ids, numbers; never secret values."""
    members = shape.members if shape is not None else {}
    return {
        name: shown
        for name, value in request.items()
        if name in members and not _hidden(name, members[name])
        for shown in [_short(value)]
        if shown is not None
    }


def _hidden(name: str, shape: Any) -> bool:
    if shape.metadata.get("sensitive"):
        return True
    return name not in _SAFE and any(word in name.lower() for word in _SECRET)


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_SHOWN]
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return [item[:_SHOWN] for item in value[:_LISTED]]
    return None
