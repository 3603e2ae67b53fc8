"""What Lambda is told about a function. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelpoc.aws.function import Function

STATEMENT = "modelpoc"
"""Id of our one statement in the function's policy: of at most 20 KB, so one for all requests of an API."""
PRINCIPAL = "apigateway.amazonaws.com"
ACTION = "lambda:InvokeFunction"


def configure(want: Function) -> dict[str, Any]:
    """Parameters of UpdateFunctionConfiguration, and of CreateFunction but for code and tags."""
    return {
        "FunctionName": want.name,
        "Role": want.role_arn,
        "Runtime": want.runtime,
        "Handler": want.handler,
        "MemorySize": want.memory,
        "Timeout": want.timeout,
        "Environment": {"Variables": dict(want.environment)},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": want.log_group},
    }


def create(want: Function) -> dict[str, Any]:
    """Parameters of CreateFunction, but for code and tags."""
    return {**configure(want), "PackageType": "Zip", "Publish": False}


def permit(want: Function) -> dict[str, Any]:
    """Parameters of AddPermission."""
    return {
        "FunctionName": want.name,
        "StatementId": STATEMENT,
        "Action": ACTION,
        "Principal": PRINCIPAL,
        "SourceArn": want.invoked_from,
    }
