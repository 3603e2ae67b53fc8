"""A SageMaker endpoint configuration: which model runs on what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws import sagemaker, tags
from modelpoc.aws.permission import makes, on_ours, reads
from modelpoc.aws.sagemaker import Document
from modelpoc.aws.sagemaker_content import Content, ContentKind
from modelpoc.reconcile.resource import Observed, Ref

PERMISSIONS = (
    reads("sagemaker:ListEndpointConfigs"),
    reads("sagemaker:DescribeEndpointConfig", on=sagemaker.ANY),
    makes("sagemaker:CreateEndpointConfig"),
    on_ours("sagemaker:DeleteEndpointConfig"),
    *sagemaker.TAGGING,
)


@dataclass(frozen=True, kw_only=True)
class EndpointConfig(Content):
    """One variant, serverless or on instances. Given: one that the user made, with whatever it holds."""

    kind: ClassVar[str] = "EndpointConfig"
    model_name: str | Ref = ""
    variant: str = "model"
    """The same for every revision of an endpoint: AWS updates no other."""
    serverless_memory: int | None = None
    """MiB."""
    serverless_concurrency: int | None = None
    """Requests served at once."""
    instance_type: str | None = None
    instance_count: int | None = None
    """At first, where autoscaling decides."""
    capture_percent: int | None = None
    """How many of a hundred requests are kept, with their answers; instances only."""
    capture_destination: str | None = None
    """`s3://<bucket>/<prefix>`."""


class EndpointConfigKind(ContentKind[EndpointConfig]):
    """attrs beyond arn, id and name: `variants`, their names; `serverless`, whether any is."""

    kind = "EndpointConfig"
    create_only = frozenset(f.name for f in dataclasses.fields(EndpointConfig))

    def request(self, want: EndpointConfig) -> dict[str, Any]:
        request: dict[str, Any] = {"ProductionVariants": [_variant(want)]}
        if want.capture_percent is not None:
            request["DataCaptureConfig"] = _capture(want)
        return request

    def observed(self, told: Document, found: Mapping[str, str]) -> Observed:
        name, arn = told["EndpointConfigName"], told["EndpointConfigArn"]
        variants = told.get("ProductionVariants") or ()
        models = (v.get("ModelName") for v in variants)
        return Observed(
            self.kind,
            name,
            id=arn,
            fields={"tags": dict(found)},
            attrs={
                "arn": arn,
                "id": arn,
                "name": name,
                "variants": tuple(v["VariantName"] for v in variants),
                "serverless": any(v.get("ServerlessConfig") for v in variants),
                "created": told.get("CreationTime"),
            },
            refs=frozenset(sagemaker.sibling(arn, "model", m) for m in models if m),
            owner=tags.mark_of(found),
        )

    def told(self, told: Document) -> dict[str, Any]:
        variant, capture = told["ProductionVariants"][0], told.get("DataCaptureConfig") or {}
        size = variant.get("ServerlessConfig") or {}
        return {
            "model_name": variant.get("ModelName"),
            "variant": variant["VariantName"],
            "serverless_memory": size.get("MemorySizeInMB"),
            "serverless_concurrency": size.get("MaxConcurrency"),
            "instance_type": variant.get("InstanceType"),
            "instance_count": variant.get("InitialInstanceCount"),
            "capture_percent": capture.get("InitialSamplingPercentage"),
            "capture_destination": capture.get("DestinationS3Uri"),
        }


def _variant(want: EndpointConfig) -> dict[str, Any]:
    variant: dict[str, Any] = {"VariantName": want.variant, "ModelName": want.model_name}
    if want.serverless_memory is not None:
        size = {"MemorySizeInMB": want.serverless_memory, "MaxConcurrency": want.serverless_concurrency}
        return {**variant, "ServerlessConfig": size}
    count = want.instance_count or 1
    return {**variant, "InstanceType": want.instance_type, "InitialInstanceCount": count}


def _capture(want: EndpointConfig) -> dict[str, Any]:
    """Both ways; JSON is kept as text, everything else base64 encoded (AWS's default)."""
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": want.capture_percent,
        "DestinationS3Uri": want.capture_destination,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
