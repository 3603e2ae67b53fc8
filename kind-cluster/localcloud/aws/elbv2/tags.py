"""Operations on tags."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2 import tagging
from localcloud.aws.elbv2.base import Answer, Elbv2Base, Request


class TagOperations(Elbv2Base):
    """Tags of load balancers, listeners, rules and target groups."""

    async def AddTags(self, call: Call, request: Request) -> Answer:
        """Adds or replaces tags on all the resources named, or on none."""
        found = [self.store.tagged(arn) for arn in request["ResourceArns"]]
        added = tagging.tags_of(request["Tags"])
        after = [tagging.checked({**resource.tags, **added}) for resource in found]
        for resource, tags in zip(found, after, strict=True):
            resource.tags = tags
        return {}

    async def RemoveTags(self, call: Call, request: Request) -> Answer:
        """Removes tags; a key that is not there is no error."""
        for resource in [self.store.tagged(arn) for arn in request["ResourceArns"]]:
            resource.tags = {k: v for k, v in resource.tags.items() if k not in request["TagKeys"]}
        return {}

    def resource_tags(self, arn: str) -> Mapping[str, str]:
        """The tags of what has that ARN; `AwsError` if it is not there."""
        return self.store.tagged(arn).tags

    async def DescribeTags(self, call: Call, request: Request) -> Answer:
        """Tags of at most 20 resources."""
        arns = request["ResourceArns"]
        if len(arns) > tagging.LARGEST_DESCRIBE:
            raise AwsError(
                "ValidationError",
                f"You can specify at most '{tagging.LARGEST_DESCRIBE}' resources; got '{len(arns)}'",
            )
        found = [(arn, self.store.tagged(arn)) for arn in arns]
        return {
            "TagDescriptions": [
                {"ResourceArn": arn, "Tags": tagging.wire(resource.tags)} for arn, resource in found
            ]
        }
