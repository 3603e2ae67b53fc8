"""AWS's published request rates, as token buckets per account and region."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.calls import mutating


@dataclass(frozen=True)
class Rate:
    """A bucket of `burst` requests refilled with `sustained` a second, shared by all `operations` (globs)."""

    service: str
    operations: tuple[str, ...]
    burst: float
    sustained: float
    only_mutating: bool = False

    def covers(self, call: Call) -> bool:
        """Whether a call takes from this bucket."""
        return (
            call.service == self.service
            and (not self.only_mutating or mutating(call.operation))
            and any(fnmatchcase(call.operation, pattern) for pattern in self.operations)
        )


# All of Lambda's operations but invocations and the two that have rates of their own.
_LAMBDA_CONTROL = (
    *("Add*", "Create*", "Delete*", "List*", "Put*", "Remove*", "Tag*", "Untag*", "Update*"),
    *("GetFunctionC*", "GetAccount*"),
)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html,
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html,
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html and the services' quota pages.
PUBLISHED = (
    Rate("elbv2", ("*",), 40, 10),
    Rate("elbv2", ("*",), 20, 3, only_mutating=True),
    Rate("apigatewayv2", ("*",), 40, 10),
    Rate("apigatewayv2", ("CreateVpcLink",), 1, 1 / 15),
    Rate("apigatewayv2", ("CreateDeployment",), 1, 1 / 5),
    Rate("apigatewayv2", ("CreateDomainName", "DeleteDomainName", "UpdateDomainName"), 1, 1 / 30),
    Rate("ecs", ("DescribeServices", "ListServices"), 100, 20),
    Rate("ecs", ("CreateService", "UpdateService", "DeleteService"), 50, 5),
    Rate("ecs", ("RegisterTaskDefinition", "DeregisterTaskDefinition"), 20, 1),
    Rate("ecs", ("DeleteTaskDefinitions",), 5, 1),
    Rate("logs", ("DescribeLogGroups", "DescribeLogStreams"), 10, 10),
    Rate("logs", ("PutRetentionPolicy", "DeleteRetentionPolicy", "Tag*", "Untag*", "ListTags*"), 5, 5),
    Rate("lambda", ("GetFunction",), 100, 100),
    Rate("lambda", ("GetPolicy",), 15, 15),
    Rate("lambda", _LAMBDA_CONTROL, 15, 15),
    Rate("secretsmanager", ("DescribeSecret", "GetSecretValue"), 10_000, 10_000),
    Rate("ssm", ("GetParameter*",), 40, 40),
)
_CODES = {
    "elbv2": ("Throttling", 400),
    "apigatewayv2": ("TooManyRequestsException", 429),
    "lambda": ("TooManyRequestsException", 429),
}


class Throttle:
    """The buckets of one cloud. `now` gives monotonic real seconds: published rates are not scaled."""

    def __init__(
        self, rates: tuple[Rate, ...] = PUBLISHED, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._rates = rates
        self._levels = {index: (rate.burst, now()) for index, rate in enumerate(rates)}

    def take(self, call: Call) -> None:
        """Takes one request out of every bucket that covers the call; `AwsError` if one of them is empty."""
        covering = [index for index, rate in enumerate(self._rates) if rate.covers(call)]
        levels = {index: self._level(index) for index in covering}
        if any(level < 1 for level in levels.values()):
            raise self.error(call.service)
        for index, level in levels.items():
            self._levels[index] = (level - 1, self._now())

    @staticmethod
    def error(service: str) -> AwsError:
        """How a service says that it was asked too often."""
        code, status = _CODES.get(service, ("ThrottlingException", 400))
        return AwsError(code, "Rate exceeded", status=status)

    def _level(self, index: int) -> float:
        level, at = self._levels[index]
        rate = self._rates[index]
        return min(rate.burst, level + (self._now() - at) * rate.sustained)
