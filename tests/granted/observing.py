"""What the operator was seen to use in one cloud: written when that ends, if `$MODELPOC_OBSERVED` is set."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from localcloud.controlplane import audit

FOLDER = "MODELPOC_OBSERVED"
_NAMED = ("leases",)
"""Resources that rules name one by one: of the others the names are not kept, as there are many."""

_CREATED = 201


@dataclass(frozen=True, order=True)
class Request:
    """What somebody asked of Kubernetes, once for all times that it was asked."""

    user: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    allowed: bool


def requests(lines: Iterable[str]) -> set[Request]:
    """Out of an audit log: what our rules allowed, and what nothing allowed.

    What everybody may do who is known to the API server, such as asking what it serves, is left out.
    """
    return {request for line in lines for request in _of(_event(line))}


def _event(line: str) -> dict[str, Any]:
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:  # the last line, while it is written
        return {}
    return event


def _of(event: Mapping[str, Any]) -> Iterator[Request]:
    about, notes = event.get("objectRef"), event.get("annotations", {})
    if about is None or not notes:
        return
    allowed = notes.get("authorization.k8s.io/decision") == "allow"
    if allowed and 'Binding "modelpoc-operator' not in notes.get("authorization.k8s.io/reason", ""):
        return
    within = f"/{about['subresource']}" if "subresource" in about else ""
    asked = Request(
        user=event["user"]["username"],
        verb=event["verb"],
        group=about.get("apiGroup", ""),
        resource=about["resource"] + within,
        namespace=about.get("namespace", ""),
        name=about.get("name", "") if about["resource"] in _NAMED else "",
        allowed=allowed,
    )
    yield asked
    if (asked.verb, event.get("responseStatus", {}).get("code")) == ("patch", _CREATED):
        # Server-side apply of what is not there: kube-apiserver asks for `create` as well, and logs it not.
        yield replace(asked, verb="create")


def note(cloud: str, *, plane: Path | None = None, iam: Mapping[str, Any] | None = None) -> None:
    """Writes what a cloud saw: the control plane in this folder, and the local AWS (`/_local/iam`)."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    log = plane / audit.LOG if plane else None
    lines = log.read_text(encoding="utf-8").splitlines() if log and log.exists() else []
    operator = "modelpoc-operator"
    document = {
        "cloud": cloud,
        "test": os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0],
        "kube": [asdict(request) for request in sorted(requests(lines))],
        "iam": {
            "used": (iam or {}).get("used", {}).get(operator, []),
            "refused": [one for one in (iam or {}).get("refused", []) if one["role"] == operator],
        },
    }
    file = Path(folder) / f"{cloud}-{secrets.token_hex(4)}.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
