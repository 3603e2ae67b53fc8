"""The scope: names, page tokens, one client for each service."""

from __future__ import annotations

import threading

import boto3
import pytest

from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.inventory import Inventory

pytestmark = pytest.mark.unit


def test_arns_are_of_the_regions_partition(session: boto3.Session) -> None:
    china = AwsScope("123456789012", "cn-north-1", inventory=Inventory(), session=session)
    assert china.arn("logs", "log-group:x") == "arn:aws-cn:logs:cn-north-1:123456789012:log-group:x"


@pytest.mark.parametrize(
    ("service", "operation", "tokens"),
    [
        ("ecs", "ListServices", ("nextToken", "nextToken")),
        ("elbv2", "DescribeRules", ("Marker", "NextMarker")),
        ("apigatewayv2", "GetRoutes", ("NextToken", "NextToken")),
        ("logs", "DescribeLogGroups", ("nextToken", "nextToken")),
        ("s3", "ListObjectsV2", ("ContinuationToken", "NextContinuationToken")),
        ("secretsmanager", "ListSecrets", ("NextToken", "NextToken")),
        ("ssm", "DescribeParameters", ("NextToken", "NextToken")),
        ("application-autoscaling", "DescribeScalableTargets", ("NextToken", "NextToken")),
        ("elbv2", "DescribeTags", ("", "")),
    ],
)
def test_each_services_way_of_paging_is_known(
    scope: AwsScope, service: str, operation: str, tokens: tuple[str, str]
) -> None:
    assert scope._tokens(service, operation) == tokens


def test_many_threads_get_one_client(scope: AwsScope) -> None:
    found = list[object]()
    threads = [threading.Thread(target=lambda: found.append(scope._client("ecs"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(client) for client in found}) == 1


def test_boto3_does_not_try_again_by_itself(scope: AwsScope) -> None:
    assert scope._client("ecs").meta.config.retries["total_max_attempts"] == 1


def test_each_api_has_one_writer_of_its_own(scope: AwsScope) -> None:
    assert scope.writer("apigateway/a") is scope.writer("apigateway/a")
    assert scope.writer("apigateway/a") is not scope.writer("apigateway/b")
