"""Roles with policies in a running cloud, clients of their sessions, and what they are refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.aws.identities import Identity

_numbers = itertools.count(1)
Statement = Mapping[str, Any]


def allow(action: Any = "*", resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """A statement; `condition` by operator."""
    made: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def deny(action: Any = "*", resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(**principal: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


class Account:
    """The IAM of a running cloud."""

    def __init__(self, running: Any) -> None:
        self.cloud = running
        self.iam = running.client("iam")

    def role(self, *statements: Statement, trust: str = "", **more: Any) -> str:
        """A new role with an inline policy; its ARN."""
        name = more.pop("RoleName", None) or f"role-{next(_numbers)}"
        trust = trust or trusting(AWS="arn:aws:iam::000000000000:root")
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        if statements:
            self.put(name, *statements)
        return str(made["Role"]["Arn"])

    def put(self, name: str, *statements: Statement) -> None:
        """The inline policy of a role, anew."""
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))

    def session(self, role_arn: str) -> Identity:
        found: Identity = self.cloud.aws.credentials.session(role_arn, "test")
        return found

    def may(self, *statements: Statement, **more: Any) -> As:
        """Someone who may do this and no more."""
        return As(self.cloud, self.session(self.role(*statements, **more)))


class As:
    """Clients of one principal."""

    def __init__(self, running: Any, identity: Identity) -> None:
        self.cloud, self.identity = running, identity
        self._clients: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return str(self.identity.role_arn).rsplit("/", 1)[-1]

    def do(self, service: str, operation: str, **parameters: Any) -> Any:
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service, self.identity, parameter_validation=False)
        return getattr(self._clients[service], operation)(**parameters)

    def refused(self, service: str, operation: str, **parameters: Any) -> tuple[str, int, str]:
        """Code, status and message of the refusal that this comes to."""
        with pytest.raises(ClientError) as caught:
            self.do(service, operation, **parameters)
        answer = caught.value.response
        return (
            answer["Error"]["Code"],
            answer["ResponseMetadata"]["HTTPStatusCode"],
            answer["Error"]["Message"],
        )

    def lacks(self, service: str, operation: str, **parameters: Any) -> tuple[str, str]:
        """Action and resource of the refusal that this comes to."""
        message = self.refused(service, operation, **parameters)[2]
        assert "is not authorized to perform: " in message, message
        said = message.split("is not authorized to perform: ")[1]
        action, _, rest = said.partition(" on resource: ")
        return action, rest.split(" ")[0].strip('"')
