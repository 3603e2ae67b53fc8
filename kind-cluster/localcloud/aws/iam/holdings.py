"""What the cloud holds as IAM needs to know it: roles with their policies, tags, and ARNs behind names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar, cast

from moto.cloudwatch.models import cloudwatch_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from localcloud.aws.backend import AwsError
from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Tags, listed
from localcloud.aws.moto_bridge import MotoBridge

T = TypeVar("T")
log = logging.getLogger(__name__)

# Services of ours by their name in ARNs, and botocore's.
_OURS = {
    "ecs": "ecs",
    "elasticloadbalancing": "elbv2",
    "apigateway": "apigatewayv2",
    "sagemaker": "sagemaker",
    "lambda": "lambda",
    "application-autoscaling": "application-autoscaling",
}


class Tagged(Protocol):
    """A backend whose resources carry tags."""

    def resource_tags(self, arn: str) -> Tags:
        """The tags of a resource; `AwsError` if it is not there."""


class Cloud(Protocol):
    """The cloud, as far as it is looked into."""

    account: str
    region: str
    partition: str

    def backend(self, service: str) -> object:
        """A backend of our own."""


class Holdings:
    """Looks into backends and into moto's world; nothing here changes anything but service-linked roles."""

    def __init__(self, cloud: Cloud, moto: MotoBridge) -> None:
        self._cloud = cloud
        self._moto = moto
        self._roles: dict[str, Any] = {}

    def tags_of(self, arn: str) -> Tags:
        """The tags of what has that ARN, as they stand; empty if it is not there."""
        parts = arn.split(":", 5)
        if len(parts) < 6:
            return {}
        with suppress(AwsError, KeyError, LookupError):
            if parts[2] in _OURS:
                return cast(Tagged, self._cloud.backend(_OURS[parts[2]])).resource_tags(arn)
            if parts[2] in _OF_MOTO:
                return self._moto.look(_OF_MOTO[parts[2]], self, arn, parts[5])
        return {}

    # roles and users

    def role(self, name: str) -> Any:
        """moto's role of that name, or None."""
        return self._role(name, lambda role: role.name == name)

    def role_by_arn(self, arn: str) -> Any:
        """moto's role of that ARN, or None."""
        return self._role(arn, lambda role: role.arn == arn)

    def user(self, name: str) -> Any:
        """moto's user of that name, or None."""
        return self._moto.look(lambda: self.iam.users.get(name))

    def documents(self, holder: Any) -> list[str]:
        """The identity policies of a role or user, inline and attached."""
        inline = [_text(document) for document in dict(holder.policies).values()]
        return [*inline, *(_default(policy) for policy in dict(holder.managed_policies).values())]

    def boundary(self, holder: Any) -> str | None:
        """The document of its permissions boundary; one that is not there allows nothing."""
        arn = getattr(holder, "permissions_boundary_arn", None)
        if not arn:
            return None
        policy = self._moto.look(lambda: self.iam.managed_policies.get(arn))
        return _default(policy) if policy else _NOTHING

    def role_tags(self, role: Any) -> dict[str, str]:
        """A role's tags."""
        return listed(role.tags)

    @property
    def iam(self) -> Any:
        """moto's IAM of this account; to be used within its world only."""
        return iam_backends[self._cloud.account][self._cloud.partition]

    def _role(self, key: str, fits: Callable[[Any], bool]) -> Any:
        return self._moto.look(self._find_role, key, fits)

    def _find_role(self, key: str, fits: Callable[[Any], bool]) -> Any:
        roles = self.iam.roles
        known = self._roles.get(key)
        if known is not None and roles.get(known.id) is known and fits(known):
            return known
        found = next((role for role in list(roles.values()) if fits(role)), None)
        if found is not None:
            self._roles[key] = found
        return found

    def linked_role(self, service: str, name: str) -> list[Need]:
        """What making a service-linked role needs, if there is none yet."""
        cloud = self._cloud
        if self.role(name) is not None:
            return []
        arn = f"arn:{cloud.partition}:iam::{cloud.account}:role/aws-service-role/{service}/{name}"
        keys = {"iam:awsservicename": (service,)}
        return [Need("iam:CreateServiceLinkedRole", arn, keys, linked_role=f"{service}/{name}")]

    def make_linked_role(self, named: str) -> None:
        """Makes the service-linked role `<service>/<name>`, as a service does the first time it needs it."""
        service, _, name = named.partition("/")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        path = f"/aws-service-role/{service}/"
        self._moto.look(
            lambda: self.iam.create_role(name, document, path, None, "", [], "3600", linked_service=service)
        )

    # things by name

    def secret(self, reference: str) -> str:
        """The full ARN of a secret by name or ARN; empty if it is not there."""
        found = self._moto.look(lambda: self._secrets().get(reference))
        return str(found.arn) if found else ""

    def scalable_target(self, parameters: Mapping[str, Any]) -> str:
        """The ARN of a target that is registered; empty if it is not."""
        names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
        key = tuple(parameters.get(name, "") for name in names)
        targets = cast(Any, self._cloud.backend("application-autoscaling")).store.targets
        return str(targets[key].arn) if key in targets else ""

    def task_definition_arn(self, reference: str) -> str:
        """The ARN of the revision that a reference means; empty if it is not there."""
        found = cast(Any, self._cloud.backend("ecs")).store.definition(reference)
        return str(found.arn) if found else ""

    def task_definition(self, reference: str) -> Mapping[str, Any]:
        """Its document; empty if it is not there."""
        found = cast(Any, self._cloud.backend("ecs")).store.definition(reference)
        return cast(Mapping[str, Any], found.document) if found else {}

    def _secrets(self) -> Any:
        return secretsmanager_backends[self._cloud.account][self._cloud.region].secrets

    def _secret_tags(self, arn: str, rest: str) -> Tags:
        found = self._secrets().get(arn)
        return listed(found.tags) if found else {}

    def _parameter_tags(self, arn: str, rest: str) -> Tags:
        backend = ssm_backends[self._cloud.account][self._cloud.region]
        bare = rest.removeprefix("parameter/")
        held = backend._resource_tags["Parameter"]
        return dict(held.get(f"/{bare}") or held.get(bare) or {})

    def _log_tags(self, arn: str, rest: str) -> Tags:
        backend = logs_backends[self._cloud.account][self._cloud.region]
        return dict(backend.list_tags_for_resource(arn.removesuffix(":*")))

    def _alarm_tags(self, arn: str, rest: str) -> Tags:
        backend = cloudwatch_backends[self._cloud.account][self._cloud.region]
        return dict(backend.list_tags_for_resource(arn))

    def _iam_tags(self, arn: str, rest: str) -> Tags:
        role = self._find_role(arn, lambda each: each.arn == arn)
        return self.role_tags(role) if role is not None else {}


_NOTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
_OF_MOTO: dict[str, Callable[[Holdings, str, str], Tags]] = {
    "secretsmanager": Holdings._secret_tags,
    "ssm": Holdings._parameter_tags,
    "logs": Holdings._log_tags,
    "cloudwatch": Holdings._alarm_tags,
    "iam": Holdings._iam_tags,
}


def _default(policy: Any) -> str:
    """The document of a managed policy's default version."""
    return next(_text(each.document) for each in policy.versions if each.is_default)


def _text(document: Any) -> str:
    return str(document)
