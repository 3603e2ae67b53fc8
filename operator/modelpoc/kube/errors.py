"""What can go wrong with Kubernetes, in one tree; every message is fit to show to a person.

KubeError
├── NoCluster      nothing says which API server to talk to
├── Unreachable    it does not answer
├── HeldBack       a write was not sent: this process no longer leads
└── Refused        it answered no: the object is invalid, or this user may not
    └── Conflict   somebody else holds the fields, or the object moved meanwhile
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class KubeError(Exception):
    """Base of everything that talking to Kubernetes may end in."""


class NoCluster(KubeError):
    """No kubeconfig, or none with such a context."""


class Unreachable(KubeError):
    """The API server does not answer; it may later."""


class HeldBack(KubeError):
    """A write was not sent: whoever runs this process lets it write no more."""


class Refused(KubeError):
    """The API server said no. `status` is HTTP's; `causes` are its single objections."""

    def __init__(self, message: str, status: int, causes: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.causes = tuple(causes)


class Conflict(Refused):
    """Other field managers hold `fields`; without any, the object is of another version than thought."""

    def __init__(
        self, message: str, causes: Iterable[str], managers: Iterable[str], fields: Iterable[str]
    ) -> None:
        super().__init__(message, 409, causes)
        self.managers = tuple(managers)
        self.fields = tuple(fields)


def refusal(what: str, status: int, answer: Mapping[str, Any]) -> Refused:
    """The error that a Kubernetes `Status` answer stands for; `what` names what was to be done."""
    details = answer.get("details") or {}
    found = details.get("causes") or ()
    causes = [_cause(cause) for cause in found]
    message = f"{what}: {_words(status, answer, causes)}"
    if status != 409:
        return Refused(message, status, causes)
    held = [cause for cause in found if cause.get("reason") == "FieldManagerConflict"]
    managers = dict.fromkeys(_manager(cause.get("message", "")) for cause in held)
    return Conflict(message, causes, managers, (cause.get("field", "") for cause in held))


def _words(status: int, answer: Mapping[str, Any], causes: list[str]) -> str:
    if status == 401:
        return (
            "the API server does not know this user: log in again (the credentials of KUBECONFIG are refused)"
        )
    if status == 404 and not details_name(answer):
        return "the cluster does not know modelpoc's objects: apply the CRDs in crds/ first"
    if causes:
        return "; ".join(causes)
    return str(answer.get("message") or f"the API server answered {status}")


def details_name(answer: Mapping[str, Any]) -> str:
    """The object that an answer is about; "" when it is about a path, as before the CRDs are there."""
    return (answer.get("details") or {}).get("name") or ""


def _cause(cause: Mapping[str, Any]) -> str:
    field, message = cause.get("field", ""), cause.get("message", "")
    return f"{field}: {message}" if field and field != "<nil>" else message


def _manager(message: str) -> str:
    """Of `conflict with "kubectl-edit" using modelpoc.dev/v1alpha1`, the manager's name."""
    return message.partition('"')[2].partition('"')[0] or message
