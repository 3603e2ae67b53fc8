"""Tags on models, endpoint configurations and endpoints."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.paging import page
from localcloud.aws.sagemaker.base import SageMakerBase
from localcloud.aws.sagemaker.errors import invalid
from localcloud.aws.sagemaker.records import Tags
from localcloud.aws.sagemaker.store import tag_list, tags_of

_PAGE = 50


class TagOperations(SageMakerBase):
    """The operations on tags, by the ARN of what carries them."""

    def AddTags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags, or changes their values; gives all."""
        tags = self.store.tags(request["ResourceArn"])
        tags.update(tags_of(request, tags))
        return {"Tags": tag_list(tags)}

    def DeleteTags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes tags by key; what is not there is no error."""
        tags = self.store.tags(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def resource_tags(self, arn: str) -> Tags:
        """The tags of what has that ARN; `AwsError` if it is not there."""
        return self.store.tags(arn)

    def ListTags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of tags."""
        arn = request["ResourceArn"]
        refused = invalid("Invalid pagination token.")
        size = request.get("MaxResults") or _PAGE
        shown, token = page(tag_list(self.store.tags(arn)), size, request.get("NextToken"), arn, refused)
        return {"Tags": shown, **({"NextToken": token} if token else {})}
