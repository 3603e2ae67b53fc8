"""What a cloud offers to its backends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from localcloud.aws.clock import Clock


def default_cache_dir() -> Path:
    """Where things dear to build are kept between clouds."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "modelpoc"


@dataclass(frozen=True)
class Durations:
    """How long AWS takes for things, in AWS seconds; the clock divides them by the time scale."""

    task_provisioning: float = 20.0
    task_pending: float = 20.0
    task_stop_timeout: float = 30.0
    pull_failure: float = 160.0
    service_tick: float = 5.0
    load_balancer_provisioning: float = 120.0
    vpc_link_pending: float = 120.0
    target_group_release: float = 10.0
    function_creating: float = 6.0
    function_updating: float = 4.0
    credentials_validity: float = 6 * 3600.0
    endpoint_provisioning: float = 150.0
    serverless_provisioning: float = 90.0
    endpoint_health_check: float = 480.0
    endpoint_scaling: float = 120.0
    endpoint_rolling_back: float = 60.0
    endpoint_deleting: float = 30.0


@dataclass(frozen=True)
class CloudConfig:
    """What one local cloud is made of.

    `state_dir` belongs to this cloud alone and may be removed with it; `cache_dir` is shared by all.
    `host` is where endpoint and HTTP APIs listen; `addresses` is the block out of which tasks and load
    balancers get loopback addresses of their own.
    """

    state_dir: Path
    cache_dir: Path = field(default_factory=default_cache_dir)
    account: str = "000000000000"
    region: str = "eu-west-1"
    partition: str = "aws"
    time_scale: float = 20.0
    host: str = "127.0.0.1"
    port: int = 0
    addresses: str = "127.64.0.0/10"
    durations: Durations = field(default_factory=Durations)
    published_rates: bool = False
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Roles that are there from the start, each with its policy document; see `aws.iam.starting`."""

    @property
    def images(self) -> Path:
        """The store of image snapshots of this cloud (`localcloud.runtime.images`)."""
        return self.state_dir / "images"


class CredentialIssuer(Protocol):
    """Gives tasks the credentials of their role."""

    def issue(self, role_arn: str, session_name: str) -> str:
        """A token: `<endpoint_url>/_local/credentials/<token>` then serves the credentials as ECS does."""

    def container_credentials(self, token: str) -> dict[str, Any] | None:
        """What ECS's credentials endpoint answers for a token; None if the token is not known."""

    def revoke(self, token: str) -> None:
        """Makes the token and its keys unknown; a token that is not known is no error."""


class Permissions(Protocol):
    """Decides by the policies in the local IAM. Roles that are not in it are free."""

    def permit_role(
        self, role_arn: str, session: str, service: str, operation: str, **parameters: Any
    ) -> None:
        """Raises `AwsError` when a role may not do what AWS is about to do as it."""

    def may(self, identity: Any, action: str, resource: str) -> bool:
        """Whether an identity may do something that is no operation of AWS's API."""

    def service_may_assume(self, role_arn: str, service: str) -> bool | None:
        """Whether a role trusts `<service>.amazonaws.com`; None for one that is not there."""


class CloudContext(Protocol):
    """The cloud as its backends see it."""

    account: str
    region: str
    partition: str
    clock: Clock
    config: CloudConfig

    @property
    def endpoint_url(self) -> str:
        """The AWS_ENDPOINT_URL of this cloud."""

    @property
    def iam(self) -> Permissions:
        """Whether roles may do things."""

    @property
    def credentials(self) -> CredentialIssuer:
        """Who issues credentials to tasks."""

    def backend(self, service: str) -> object:
        """The backend of a service, by botocore's name; `KeyError` if there is none."""

    def client(self, service: str) -> Any:
        """A boto3 client with full rights against this cloud. Blocking: call it in a thread."""

    def spawn(self, coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Runs `coro` until it ends or the cloud stops; a crash of it is logged."""
