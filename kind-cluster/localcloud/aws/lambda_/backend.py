"""The backend `lambda`: all of its operations together."""

from __future__ import annotations

from localcloud.aws.lambda_.api_calls import ApiCalls
from localcloud.aws.lambda_.functions import FunctionOperations
from localcloud.aws.lambda_.policies import PolicyOperations
from localcloud.aws.lambda_.tags import TagOperations


class Lambda(FunctionOperations, PolicyOperations, TagOperations, ApiCalls):
    """AWS Lambda of one cloud. For API Gateway: `invoke_for_api`."""
