"""Who may invoke a function: its resource policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.lambda_.base import Answer, LambdaBase, Request
from localcloud.aws.lambda_.errors import conflict, not_found
from localcloud.aws.lambda_.functions import stale_revision
from localcloud.aws.lambda_.records import Function, Wire

LARGEST_POLICY = 20480
_ACCOUNT = re.compile(r"\d{12}")
_INVOKING = ("lambda:InvokeFunction", "lambda:*", "*")


class PolicyOperations(LambdaBase):
    """Statements come and go one by one."""

    def AddPermission(self, call: Call, request: Request) -> Answer:
        """One more statement; the same id twice is refused, even with the same content."""
        function = self._of(request)
        sid = request["StatementId"]
        if sid in function.policy:
            raise conflict(
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or "
                "remove the existing statement."
            )
        statement = _statement(function.arn, request, self.cloud.partition)
        size = len(document([*function.policy.values(), statement]))
        if size > LARGEST_POLICY:
            message = f"The final policy size ({size}) is bigger than the limit ({LARGEST_POLICY})."
            raise AwsError("PolicyLengthExceededException", message)
        function.policy[sid] = statement
        function.touch()
        return {"Statement": _text(statement)}

    def RemovePermission(self, call: Call, request: Request) -> Answer:
        """Takes a statement away."""
        function = self._of(request)
        sid = request["StatementId"]
        if function.policy.pop(sid, None) is None:
            raise not_found(f"Statement {sid} is not found in resource policy.")
        function.touch()
        return {}

    def GetPolicy(self, call: Call, request: Request) -> Answer:
        """The whole policy; a function without statements has none."""
        function = self._of(request)
        if not function.policy:
            raise not_found("The resource you requested does not exist.")
        return {"Policy": document(function.policy.values()), "RevisionId": function.revision}

    def _of(self, request: Request) -> Function:
        function = self.function(request["FunctionName"], request.get("Qualifier"))
        if request.get("RevisionId") not in (None, function.revision):
            raise stale_revision()
        return function


def document(statements: Iterable[Wire]) -> str:
    """A policy as JSON."""
    return _text({"Version": "2012-10-17", "Id": "default", "Statement": list(statements)})


def permits(statements: Iterable[Wire], service: str, source_arn: str, account: str) -> bool:
    """Whether a service may invoke the function on behalf of a resource."""
    return any(
        statement["Principal"] in ("*", {"Service": service})
        and statement["Action"] in _INVOKING
        and _conditions_hold(statement.get("Condition") or {}, source_arn, account)
        for statement in statements
    )


def _conditions_hold(conditions: Wire, source_arn: str, account: str) -> bool:
    known = {"AWS:SourceArn": source_arn, "AWS:SourceAccount": account}
    return all(
        key in known and _like(known[key], str(pattern))
        for wanted in conditions.values()
        for key, pattern in wanted.items()
    )


def _like(value: str, pattern: str) -> bool:
    """IAM's wildcards: `*` and `?`; brackets mean themselves."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _statement(arn: str, request: Request, partition: str) -> Wire:
    conditions: Wire = {}
    if request.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    statement: Wire = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"], partition),
        "Action": request["Action"],
        "Resource": arn,
    }
    return {**statement, **({"Condition": conditions} if conditions else {})}


def _principal(given: str, partition: str) -> str | Wire:
    if given == "*":
        return given
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:{partition}:iam::{given}:root"}
    return {"AWS": given} if given.startswith("arn:") else {"Service": given}


def _text(value: Wire) -> str:
    return json.dumps(value, separators=(",", ":"))
