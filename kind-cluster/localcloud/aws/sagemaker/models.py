"""Models: an image, the archive with what was trained, and the role they run as."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from localcloud.aws.backend import Call
from localcloud.aws.sagemaker.artifact import place_of
from localcloud.aws.sagemaker.base import SageMakerBase
from localcloud.aws.sagemaker.errors import invalid
from localcloud.aws.sagemaker.listing import chosen
from localcloud.aws.sagemaker.records import Document, Model
from localcloud.aws.sagemaker.store import MODEL, tags_of


class ModelOperations(SageMakerBase):
    """The operations on models."""

    async def CreateModel(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a model; AWS looks for its image and its archive already here."""
        arn = self.store.new_arn(MODEL, request["ModelName"])
        tags = tags_of(request)
        document = {key: value for key, value in request.items() if key != "Tags"}
        model = Model(request["ModelName"], arn, document, self.now(), tags)
        if bool(request.get("PrimaryContainer")) == bool(request.get("Containers")):
            raise invalid("Exactly one of PrimaryContainer and Containers must be given.")
        if not request.get("ExecutionRoleArn"):
            raise invalid("ExecutionRoleArn is required.")
        if len(model.containers) > 1 or model.containers[0].get("Mode") == "MultiModel":
            raise invalid("The local AWS does not offer inference pipelines and multi-model endpoints.")
        role = request["ExecutionRoleArn"]
        self._check_role(role)
        for container in model.containers:
            await self._check(container, role)
        self.store.new_arn(MODEL, request["ModelName"])  # another may have come first meanwhile
        self.store.models[arn] = model
        return {"ModelArn": arn}

    def DescribeModel(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of it, as it was given."""
        model = self.store.model(request["ModelName"])
        return {
            "EnableNetworkIsolation": False,
            **model.document,
            "ModelArn": model.arn,
            "CreationTime": model.created,
        }

    def DeleteModel(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes it, whoever uses it: what runs goes on running."""
        del self.store.models[self.store.model(request["ModelName"]).arn]
        return {}

    def ListModels(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of models."""
        models, more = chosen(self.store.models.values(), request)
        summaries = [{"ModelName": m.name, "ModelArn": m.arn, "CreationTime": m.created} for m in models]
        return {"Models": summaries, **more}

    def _check_role(self, role: str) -> None:
        """A role that is not in the local IAM is taken as it is given."""
        if self.cloud.iam.service_may_assume(role, "sagemaker") is False:
            raise invalid(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal "
                "'sagemaker.amazonaws.com' to assume the role."
            )

    async def _check(self, container: Document, role: str) -> None:
        image = container.get("Image")
        if not image:
            raise invalid("An image is required: model packages are not offered here.")
        if not await self.machine.knows(image):
            raise invalid(f"Requested image {image} not found.")
        url = container.get("ModelDataUrl")
        if url:
            await self._check_data(url, role)

    async def _check_data(self, url: str, role: str) -> None:
        bucket, key = place_of(url)
        try:
            await self.machine.acting(role)("s3", "head_object", Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                raise invalid(f"Could not find model data at {url}.") from error
            raise invalid(self._no_access(url, role)) from error

    def _no_access(self, url: str, role: str) -> str:
        return (
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists and that its '
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that '
            f"the object is located in {self.cloud.region}."
        )
