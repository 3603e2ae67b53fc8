"""What a POC's own role may do and who takes it on, as IAM statements. Pure.

Statements stand by their Sid, so that a plan can tell one from another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Statements = Mapping[str, Mapping[str, Any]]
"""Sid → the rest of the statement."""

_LISTS = ("Action", "Resource", "NotAction", "NotResource")


def trust(partition: str, region: str, account: str) -> Statements:
    """ECS takes the role on for tasks of this account and region only: nobody else's task can use it.

    Source: "Amazon ECS task IAM role", on the confused deputy.
    """
    return {
        "TasksOfThisAccount": {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": f"arn:{partition}:ecs:{region}:{account}:*"},
            },
        }
    }


def reading(
    partition: str,
    region: str,
    account: str,
    *,
    bucket: str,
    prefix: str,
    secrets: Iterable[Any] = (),
    parameters: Iterable[Any] = (),
) -> Statements:
    """The files under `prefix` (it ends with a slash) of `bucket`, secrets and parameters (ARNs); no more.

    Decrypting is through those services alone: it opens nothing that they would not give out.
    """
    files = f"arn:{partition}:s3:::{bucket}"
    found: dict[str, Mapping[str, Any]] = {
        "ListFiles": _allow("s3:ListBucket", on=[files], StringLike={"s3:prefix": [f"{prefix}*"]}),
        "ReadFiles": _allow("s3:GetObject", on=[f"{files}/{prefix}*"]),
    }
    if named := list(secrets):
        actions = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
        found["ReadSecrets"] = _allow(*actions, on=named)
    if named := list(parameters):
        found["ReadParameters"] = _allow("ssm:GetParameter", "ssm:GetParameters", on=named)
    through = [f"{service}.{region}.amazonaws.com" for service in ("s3", "secretsmanager", "ssm")]
    keys = f"arn:{partition}:kms:{region}:{account}:key/*"
    return {**found, "Decrypt": _allow("kms:Decrypt", on=[keys], StringEquals={"kms:ViaService": through})}


def _allow(*actions: str, on: list[Any], **conditions: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return {**statement, "Condition": conditions} if conditions else statement


def written(statements: Statements) -> str:
    """The policy document, without white space: IAM counts characters."""
    listed = [{"Sid": sid, **rest} for sid, rest in statements.items()]
    return json.dumps({"Version": "2012-10-17", "Statement": listed}, separators=(",", ":"))


def read(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A policy document as IAM shows it, in the words of `written`; what has no Sid goes by its place."""
    listed = document.get("Statement") or []
    statements = [listed] if isinstance(listed, Mapping) else listed
    return {
        str(one.get("Sid") or f"#{at}"): {name: value for name, value in one.items() if name != "Sid"}
        for at, one in enumerate(statements)
    }


def same(want: Statements, have: Statements) -> bool:
    """Whether two mean the same to IAM: one value or a list of it, in whatever order."""
    return _plain(want) == _plain(have)


def _plain(statements: Statements) -> dict[str, Any]:
    return {sid: {name: _value(name, v) for name, v in one.items()} for sid, one in statements.items()}


def _value(name: str, value: Any) -> Any:
    if name in _LISTS:
        return _sorted(value)
    if isinstance(value, Mapping):
        return {key: _value("", v) if isinstance(v, Mapping) else _sorted(v) for key, v in value.items()}
    return value


def _sorted(value: Any) -> list[str]:
    return sorted(map(str, value if isinstance(value, list | tuple) else (value,)))
