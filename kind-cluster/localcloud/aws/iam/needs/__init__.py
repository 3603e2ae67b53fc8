"""What requests need: by service, operation and parameters, the actions and resources that IAM is asked for.

After AWS's Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.needs import (
    apigateway,
    autoscaling,
    cloudwatch,
    ecs,
    elbv2,
    functions,
    logs,
    parameters,
    roles,
    s3,
    sagemaker,
    secrets,
    sts,
)
from localcloud.aws.iam.request import Asking

_TABLES: dict[str, Callable[[Asking], list[Need]]] = {
    "apigatewayv2": apigateway.needs,
    "application-autoscaling": autoscaling.needs,
    "cloudwatch": cloudwatch.needs,
    "ecs": ecs.needs,
    "elbv2": elbv2.needs,
    "iam": roles.needs,
    "lambda": functions.needs,
    "logs": logs.needs,
    "s3": s3.needs,
    "sagemaker": sagemaker.needs,
    "sagemaker-runtime": sagemaker.needs,
    "secretsmanager": secrets.needs,
    "ssm": parameters.needs,
    "sts": sts.needs,
}
# IAM's names of services, where they are not botocore's.
_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
    "efs": "elasticfilesystem",
    "opensearch": "es",
    "cognito-idp": "cognito-idp",
}


def needs(asking: Asking) -> list[Need]:
    """All that a request needs; an operation without a line of its own is the action of its name, on `*`."""
    table = _TABLES.get(asking.service)
    if table is not None:
        return table(asking)
    prefix = _PREFIXES.get(asking.service, asking.service)
    return [asking.need(f"{prefix}:{asking.operation}")]
