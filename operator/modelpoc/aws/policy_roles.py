"""What the roles beside the operator's own need: those that containers, endpoints and functions act as.

Sources: "Amazon ECS task execution IAM role"; "CreateModel API: Execution Role Permissions" (SageMaker);
"Auto-Rollback Configuration" (SageMaker's role reads the alarms); "Defining Lambda function permissions with
an execution role".
"""

from __future__ import annotations

from modelpoc.aws.log_group import ENDPOINTS, PREFIX
from modelpoc.aws.permission import BUCKET, NAMED, Condition, Permission, arn_at, of

_PULL = (
    Permission(("ecr:GetAuthorizationToken",), ("*",)),
    Permission(
        of("ecr", "BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"), ("{repository}",)
    ),
)
_OWN_LOGS = Permission(
    of("logs", "CreateLogStream", "PutLogEvents"), (arn_at("logs", f"log-group:{PREFIX}{{owner}}/*"),)
)
_OF_POC = "{namespace}/{poc}"
_READ_SECRET = of("secretsmanager", "DescribeSecret", "GetSecretValue")
_DECRYPT = Permission(
    ("kms:Decrypt",),
    (arn_at("kms", "key/*"),),
    (
        Condition(
            "StringEquals",
            "kms:ViaService",
            tuple(f"{service}.{{region}}.amazonaws.com" for service in ("s3", "secretsmanager", "ssm")),
        ),
    ),
)
"""Through those services alone: it opens nothing that they would not give out."""


def _files(prefix: str) -> tuple[Permission, ...]:
    """Everything in the bucket under a prefix, or everything."""
    within = (Condition("StringLike", "s3:prefix", (f"{prefix}*",)),) if prefix else ()
    return (
        Permission(("s3:GetObject",), (f"{BUCKET}/{prefix}*",)),
        Permission(("s3:ListBucket",), (BUCKET,), within),
    )


TASK = (
    *_files("{poc}/"),
    Permission(_READ_SECRET, (arn_at("secretsmanager", f"secret:modelpoc/{{owner}}/{_OF_POC}/*"),)),
    _DECRYPT,
)
"""One POC's own prefix and its own secrets. Its role; a platform's task role for all has no {poc}."""

BOUNDARY = (
    *_files(""),
    Permission(_READ_SECRET, (arn_at("secretsmanager", "secret:modelpoc/{owner}/*"), "{secret}")),
    Permission(of("ssm", "GetParameter", "GetParameters"), ("{parameter}",)),
    _DECRYPT,
)
"""What no POC's own role can go beyond: `role_policy.reading`, for all POCs."""

EXECUTION = (
    *_PULL,
    _OWN_LOGS,
    Permission(("ssm:GetParameters",), ("{parameter}",)),
    Permission(
        ("secretsmanager:GetSecretValue",),
        ("{secret}", arn_at("secretsmanager", "secret:modelpoc/{owner}/*")),
    ),
)

SAGEMAKER = (
    *_PULL,
    *_files(""),
    Permission(("s3:PutObject",), (f"{BUCKET}/*",)),  # captured data
    Permission(
        of("logs", "CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"),
        (arn_at("logs", f"log-group:{ENDPOINTS}*"),),
    ),
    Permission(
        ("cloudwatch:PutMetricData",),
        ("*",),
        (Condition("StringLike", "cloudwatch:namespace", ("AWS/SageMaker", "/aws/sagemaker/*")),),
    ),
    Permission(("cloudwatch:DescribeAlarms",), (arn_at("cloudwatch", "alarm:*"),)),
)

FUNCTION = (
    Permission(
        of("sagemaker", "DescribeEndpoint", "InvokeEndpoint"), (arn_at("sagemaker", f"endpoint/{NAMED}"),)
    ),
    _OWN_LOGS,
)
