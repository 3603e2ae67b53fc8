"""Endpoints as DescribeEndpoint and ListEndpoints show them."""

from __future__ import annotations

from typing import Any

from localcloud.aws.sagemaker.fleet import Fleet, Variant
from localcloud.aws.sagemaker.records import Document, Endpoint, Pending

_WITH_VARIANTS = frozenset(
    {"InService", "Updating", "SystemUpdating", "RollingBack", "Deleting", "UpdateRollbackFailed"}
)


def summary(endpoint: Endpoint) -> Document:
    """What a list shows."""
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status,
    }


def view(endpoint: Endpoint) -> Document:
    """All of it. `Creating` and `Failed` show no variants."""
    shown: dict[str, Any] = {**summary(endpoint), "EndpointConfigName": endpoint.config.name}
    if endpoint.fleet is not None and endpoint.status in _WITH_VARIANTS:
        shown["ProductionVariants"] = [_variant(v) for v in endpoint.fleet.variants]
    if endpoint.failure_reason:
        shown["FailureReason"] = endpoint.failure_reason[:1024]
    if endpoint.deployment:
        shown["LastDeploymentConfig"] = endpoint.deployment
    if capture := endpoint.config.document.get("DataCaptureConfig"):
        shown["DataCaptureConfig"] = _capture(capture, endpoint)
    if endpoint.pending is not None:
        shown["PendingDeploymentSummary"] = _pending(endpoint)
    return shown


def _pending(endpoint: Endpoint) -> Document:
    pending = endpoint.pending
    assert pending is not None
    shown: Document = {"EndpointConfigName": pending.config.name, "StartTime": pending.started}
    if pending.fleet is not None:
        shown["ProductionVariants"] = [_pending_variant(v, pending) for v in pending.fleet.variants]
    return shown


def _pending_variant(variant: Variant, pending: Pending) -> Document:
    kind = variant.document.get("InstanceType")
    status = {"Status": pending.phase, "StartTime": pending.phase_started or pending.started}
    return _variant(variant) | {"VariantStatus": [status]} | ({"InstanceType": kind} if kind else {})


def _variant(variant: Variant) -> Document:
    shown: Document = {
        "VariantName": variant.name,
        "DeployedImages": [_image(variant)],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.desired_weight,
    }
    if variant.serverless:
        return shown | {
            "CurrentServerlessConfig": variant.serverless,
            "DesiredServerlessConfig": variant.serverless,
        }
    return shown | {"CurrentInstanceCount": variant.count, "DesiredInstanceCount": variant.desired_count}


def _image(variant: Variant) -> Document:
    shown: Document = {"SpecifiedImage": variant.model.containers[0]["Image"]}
    if variant.resolved_at is None:
        return shown
    return shown | {"ResolvedImage": variant.resolved_image, "ResolutionTime": variant.resolved_at}


def _capture(config: Document, endpoint: Endpoint) -> Document:
    enabled = config.get("EnableCapture", True)  # AWS's default
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled and endpoint.fleet is not None else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def hosts(fleet: Fleet | None) -> list[Document]:
    """A fleet's containers, for tests."""
    if fleet is None:
        return []
    return [
        {"variant": v.name, "instance": v.host.instance, "ready": v.host.ready, "starts": v.host.starts}
        for v in fleet.variants
        if v.host is not None
    ]
