"""What Lambda tells about a function, in the words of `Function`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.function_request import ACTION, PRINCIPAL, STATEMENT
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.resource import Observed, Phase, State

CODE = tags.PREFIX + "code"
"""Tag that tells which versions the code was made of, and which code that is: `<hash> <CodeSha256>`."""

CONFIG = frozenset({"role_arn", "handler", "runtime", "memory", "timeout", "environment", "log_group"})

CHANGED = "changed by hand"
_GOING = frozenset({"Deleting", "Deactivating"})


def observed(item: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
    """A function as ListFunctions, GetFunction and every write describe it, with its tags."""
    name, arn, sha = item["FunctionName"], item["FunctionArn"], item.get("CodeSha256", "")
    log_group = item.get("LoggingConfig", {}).get("LogGroup")
    return Observed(
        "Function",
        name,
        id=arn,
        fields={
            "role_arn": item.get("Role"),
            "handler": item.get("Handler"),
            "runtime": item.get("Runtime"),
            "memory": item.get("MemorySize"),
            "timeout": item.get("Timeout"),
            "environment": dict(item.get("Environment", {}).get("Variables", {})),
            "log_group": log_group,
            "code": _code(found.get(CODE, ""), sha),
            "tags": dict(found),
        },
        attrs={
            "arn": arn,
            "id": arn,
            "name": name,
            "version": sha,
            "modified": item.get("LastModified"),
            "dead": item.get("State") == "Failed",
        },
        refs=frozenset({log_group} if log_group else ()),
        owner=tags.mark_of(found),
        state=state(item),
    )


def state(item: Mapping[str, Any]) -> State:
    """Source: "Lambda function states". ListFunctions tells none: it is told of what is settled only."""
    now, update = item.get("State"), item.get("LastUpdateStatus")
    if now == "Pending":
        return State(Phase.SETTLING, "Creating", "Lambda is making the function", busy=True)
    if now == "Failed":
        why = item.get("StateReason") or "Lambda does not say why"
        return State(Phase.BROKEN, "FunctionFailed", f"the function could not be made: {why}")
    if now in _GOING:
        return State(Phase.GOING, "Deleting", "Lambda is deleting the function")
    if update == "InProgress":
        return State(Phase.SETTLING, "Updating", "Lambda is updating the function", busy=True)
    if update == "Failed":
        why = item.get("LastUpdateStatusReason") or "Lambda does not say why"
        return State(Phase.BROKEN, "FunctionFailed", f"the function's update failed: {why}")
    return State()  # Active; or Inactive, which it is when idle: the next request wakes it


def tags_told(answer: Mapping[str, Any]) -> dict[str, str]:
    """GetFunction answers also those who may not read tags, only without them."""
    if error := answer.get("TagsError"):
        raise Stall("AccessDenied", f"ListTags: {error.get('Message')} ({error.get('ErrorCode')})")
    return dict(answer.get("Tags", {}))


def permitted(policy: str) -> str | None:
    """Whose requests our statement lets in; None when there is no such statement."""
    statements = json.loads(policy).get("Statement", [])
    ours = next((s for s in statements if s.get("Sid") == STATEMENT), None)
    return ours and _source(ours)


def _code(signed: str, sha: str) -> str:
    """The hash of the versions that the code is made of, as far as it is the code of that tag."""
    versions, _, of = signed.partition(" ")
    return versions if of == sha else CHANGED


def _source(statement: Mapping[str, Any]) -> str:
    source = (statement.get("Condition") or {}).get("ArnLike", {}).get("AWS:SourceArn", CHANGED)
    usual = (statement.get("Effect"), statement.get("Principal"), statement.get("Action"))
    return str(source) if usual == ("Allow", {"Service": PRINCIPAL}, ACTION) else CHANGED
