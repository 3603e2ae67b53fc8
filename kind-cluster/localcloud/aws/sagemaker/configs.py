"""Endpoint configurations: which models run, on what, and what of their traffic is kept."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.sagemaker import checks
from localcloud.aws.sagemaker.base import SageMakerBase
from localcloud.aws.sagemaker.listing import chosen
from localcloud.aws.sagemaker.records import EndpointConfig
from localcloud.aws.sagemaker.store import CONFIG, tags_of


class ConfigOperations(SageMakerBase):
    """The operations on endpoint configurations."""

    def CreateEndpointConfig(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Makes one; its models must be there."""
        arn = self.store.new_arn(CONFIG, request["EndpointConfigName"])
        tags = tags_of(request)
        checks.config(request)
        for variant in request["ProductionVariants"]:
            self.store.model(variant["ModelName"])
        document = {key: value for key, value in request.items() if key != "Tags"}
        document["ProductionVariants"] = [_completed(v) for v in request["ProductionVariants"]]
        self.store.configs[arn] = EndpointConfig(
            request["EndpointConfigName"], arn, document, self.now(), tags
        )
        return {"EndpointConfigArn": arn}

    def DescribeEndpointConfig(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of it, as it was given."""
        config = self.store.config(request["EndpointConfigName"])
        return {
            "EnableNetworkIsolation": False,
            **config.document,
            "EndpointConfigArn": config.arn,
            "CreationTime": config.created,
        }

    def DeleteEndpointConfig(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes it, even while an endpoint uses it: AWS warns of that and does not hinder it."""
        del self.store.configs[self.store.config(request["EndpointConfigName"]).arn]
        return {}

    def ListEndpointConfigs(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of them."""
        configs, more = chosen(self.store.configs.values(), request)
        summaries = [
            {"EndpointConfigName": c.name, "EndpointConfigArn": c.arn, "CreationTime": c.created}
            for c in configs
        ]
        return {"EndpointConfigs": summaries, **more}


def _completed(variant: dict[str, Any]) -> dict[str, Any]:
    return {"InitialVariantWeight": 1.0, **variant}
