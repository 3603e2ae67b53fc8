"""The condition keys that the local AWS gives with its requests."""

from __future__ import annotations

_GLOBAL = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:tagkeys",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
    }
)
_OF_SERVICES = frozenset(
    {
        "application-autoscaling:scalable-dimension",
        "application-autoscaling:service-namespace",
        "ecs:cluster",
        "ecs:createaction",
        "ecs:service",
        "ecs:task-definition",
        "elasticloadbalancing:createaction",
        "elasticloadbalancing:listenerprotocol",
        "elasticloadbalancing:scheme",
        "kms:viaservice",
        "iam:awsservicename",
        "iam:passedtoservice",
        "iam:permissionsboundary",
        "iam:policyarn",
        "lambda:functionarn",
        "lambda:principal",
        "s3:delimiter",
        "s3:max-keys",
        "s3:prefix",
        "s3:resourceaccount",
        "sagemaker:taggingaction",
        "sagemaker:instancetypes",
        "sagemaker:modelarn",
        "secretsmanager:name",
        "secretsmanager:secretid",
        "secretsmanager:versionstage",
        "sts:externalid",
        "sts:rolesessionname",
        "cloudwatch:namespace",
    }
)
_TAGS = (
    "aws:requesttag/",
    "aws:resourcetag/",
    "aws:principaltag/",
    "ecs:resourcetag/",
    "elasticloadbalancing:resourcetag/",
    "iam:resourcetag/",
    "sagemaker:resourcetag/",
    "secretsmanager:resourcetag/",
)


def known(key: str) -> bool:
    """Whether requests here carry that key, where AWS's do."""
    name = key.lower()
    return name in _GLOBAL or name in _OF_SERVICES or name.startswith(_TAGS)
