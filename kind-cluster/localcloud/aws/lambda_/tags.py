"""Tags and reserved concurrency of functions."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.aws.backend import Call
from localcloud.aws.lambda_.base import Answer, LambdaBase, Request
from localcloud.aws.lambda_.checks import check_tags
from localcloud.aws.lambda_.errors import invalid

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html: 1,000 for an account, 100 of
# which no function may reserve.
ACCOUNT_CONCURRENCY = 1000
_UNRESERVED = 100


class TagOperations(LambdaBase):
    """Small things that are set beside a function's configuration."""

    def TagResource(self, call: Call, request: Request) -> Answer:
        """Adds and changes tags."""
        function = self.function(request["Resource"])
        tags = {**function.tags, **request["Tags"]}
        check_tags(tags)
        function.tags = tags
        return {}

    def UntagResource(self, call: Call, request: Request) -> Answer:
        """Takes tags away; ones that are not there are no error."""
        function = self.function(request["Resource"])
        gone = set(request["TagKeys"])
        function.tags = {key: value for key, value in function.tags.items() if key not in gone}
        return {}

    def ListTags(self, call: Call, request: Request) -> Answer:
        """The tags of a function."""
        return {"Tags": self.function(request["Resource"]).tags}

    def resource_tags(self, arn: str) -> Mapping[str, str]:
        """The tags of a function by ARN; `AwsError` if it is not there."""
        return self.function(arn).tags

    def PutFunctionConcurrency(self, call: Call, request: Request) -> Answer:
        """How many invocations may run at once."""
        function = self.function(request["FunctionName"])
        wanted = int(request["ReservedConcurrentExecutions"])
        others = sum(f.reserved or 0 for f in self.functions.values() if f is not function)
        if wanted + others > ACCOUNT_CONCURRENCY - _UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED}]."
            )
        function.reserved = wanted
        return {"ReservedConcurrentExecutions": wanted}

    def GetFunctionConcurrency(self, call: Call, request: Request) -> Answer:
        """The reserved concurrency, if any."""
        function = self.function(request["FunctionName"])
        return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}

    def DeleteFunctionConcurrency(self, call: Call, request: Request) -> Answer:
        """No reserved concurrency any more."""
        self.function(request["FunctionName"]).reserved = None
        return {}
