"""A SageMaker model: an image, its archive and its environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import sagemaker, tags
from modelpoc.aws.permission import makes, on_ours, passes, reads
from modelpoc.aws.sagemaker import Document
from modelpoc.aws.sagemaker_content import Content, ContentKind
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.resource import Observed, Ref

PERMISSIONS = (
    reads("sagemaker:ListModels"),
    reads("sagemaker:DescribeModel", on=sagemaker.ANY),
    makes("sagemaker:CreateModel"),
    on_ours("sagemaker:DeleteModel"),
    *sagemaker.TAGGING,
    passes("sagemaker.amazonaws.com", "{sagemaker_role}"),
)


@dataclass(frozen=True, kw_only=True)
class Model(Content):
    """One container that answers `/ping` and `/invocations`."""

    kind: ClassVar[str] = "Model"
    image: str
    model_data_url: str | None = None
    """`s3://<bucket>/<key>` of a tar archive; None: the image has all it needs."""
    environment: Mapping[str, str] = field(default_factory=dict)
    execution_role_arn: str
    versions: Mapping[str, str | Ref] = field(default_factory=dict)
    """Versions of what the model reads when it starts: another one makes another model."""


class ModelKind(ContentKind[Model]):
    kind = "Model"
    create_only = frozenset(f.name for f in dataclasses.fields(Model))

    def request(self, want: Model) -> dict[str, Any]:
        container: dict[str, Any] = {"Image": want.image, "Environment": dict(want.environment)}
        if want.model_data_url:
            container["ModelDataUrl"] = want.model_data_url
        return {"PrimaryContainer": container, "ExecutionRoleArn": want.execution_role_arn}

    def observed(self, told: Document, found: Mapping[str, str]) -> Observed:
        name, arn = told["ModelName"], told["ModelArn"]
        attrs = {"arn": arn, "id": arn, "name": name, "created": told.get("CreationTime")}
        owner = tags.mark_of(found)
        return Observed(self.kind, name, id=arn, fields={"tags": dict(found)}, attrs=attrs, owner=owner)

    def told(self, told: Document) -> dict[str, Any]:
        container = told["PrimaryContainer"]
        return {
            "image": container["Image"],
            "model_data_url": container.get("ModelDataUrl"),
            "environment": dict(container.get("Environment") or {}),
            "execution_role_arn": told["ExecutionRoleArn"],
        }

    async def detailed(self, scope: AwsScope, row: Document) -> Document | None:
        """A row of the list says all: the content stands in the name."""
        return row
