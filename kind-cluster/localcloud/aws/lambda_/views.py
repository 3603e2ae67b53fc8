"""How Lambda shows a function. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localcloud.aws.lambda_.names import LATEST
from localcloud.aws.lambda_.records import Function, Wire

_DEFAULTS: Wire = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
    "Architectures": ["x86_64"],
    "PackageType": "Zip",
}
_MEMBERS = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "Architectures",
)


def configuration(name: str, present: Wire | None, request: Wire) -> Wire:
    """A configuration in wire form: the present one (or AWS's defaults) with what a request gives."""
    given = {key: request[key] for key in _MEMBERS if request.get(key) is not None}
    config = {**(_DEFAULTS if present is None else present), **given}
    if not (config.get("Environment") or {}).get("Variables"):
        config.pop("Environment", None)
    before = present["LoggingConfig"] if present else {}
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **before}
    return {**config, "LoggingConfig": {**logging, **(request.get("LoggingConfig") or {})}}


def function_view(function: Function) -> Wire:
    """A FunctionConfiguration."""
    current = function.current
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        **current.config,
        "CodeSize": current.package.size,
        "CodeSha256": current.package.sha256,
        "Version": LATEST,
        "LastModified": stamp(function.modified),
        "RevisionId": function.revision,
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        **_states(function),
    }


def stamp(moment: datetime) -> str:
    """A time as Lambda writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _states(function: Function) -> dict[str, Any]:
    if function.state == "Pending":
        reason = {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
        return {"State": "Pending", **reason}
    states = {"State": "Active", "LastUpdateStatus": function.update}
    if function.update == "InProgress":
        states["LastUpdateStatusReason"] = "The function is being created."
        states["LastUpdateStatusReasonCode"] = "Creating"
    return states
