"""Lambda.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking

_ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}
_ON_ALL = frozenset({"ListFunctions", "GetAccountSettings", "ListLayers", "ListEventSourceMappings"})
_BY_S3 = (
    "Your access has been denied by S3, please make sure your request credentials have permission to "
    "GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
)


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"lambda:{_ACTIONS.get(asking.operation, asking.operation)}"
    if asking.operation in ("TagResource", "UntagResource", "ListTags"):
        return [_on_tags(asking, action)]
    if asking.operation in _ON_ALL or not asking.get("FunctionName"):
        return [asking.need(action)]
    arn = function_arn(asking, asking.get("FunctionName"))
    tags = asking.get("Tags", {})
    principal = asking.get("Principal", "") if asking.operation == "AddPermission" else ""
    return [
        asking.new(action, arn, tags, lambda_Principal=principal),
        *([asking.new("lambda:TagResource", arn, tags)] if tags else ()),
        # AWS shows tags only to who may list them; here the others are refused, so that they notice.
        *([asking.need("lambda:ListTags", arn)] if asking.operation == "GetFunction" else ()),
        *asking.pass_role(asking.get("Role"), "lambda"),
        *_code(asking),
    ]


def _code(asking: Asking) -> list[Need]:
    """Lambda reads a package out of S3 with the caller's credentials."""
    code = asking.get("Code") or asking.parameters
    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if not bucket or asking.operation not in ("CreateFunction", "UpdateFunctionCode"):
        return []
    action = "s3:GetObjectVersion" if code.get("S3ObjectVersion") else "s3:GetObject"
    need = asking.need(action, f"arn:{asking.partition}:s3:::{bucket}/{key}", aws_ViaAWSService="true")
    return [replace(need, words=_BY_S3.format(bucket=bucket, key=key))]


def _on_tags(asking: Asking, action: str) -> Need:
    arn = asking.get("Resource", "")
    if asking.operation == "TagResource":
        return asking.new(action, arn, asking.get("Tags", {}))
    return asking.need(action, arn, aws_TagKeys=asking.get("TagKeys", ()))


def function_arn(asking: Asking, reference: str) -> str:
    """Of a name, a partial ARN or an ARN; a version or alias stays on it."""
    if reference.startswith("arn:"):
        return reference
    name = reference.partition("function:")[2] or reference
    qualifier = asking.get("Qualifier")
    return asking.arn("lambda", f"function:{name}{f':{qualifier}' if qualifier else ''}")
