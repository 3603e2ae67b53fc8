"""Updates of endpoints: to another configuration, or of the variants' weights and instances."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.sagemaker import checks
from localcloud.aws.sagemaker.deploying import Deploying
from localcloud.aws.sagemaker.errors import in_progress, invalid
from localcloud.aws.sagemaker.fleet import COUNT, WEIGHT, Variant
from localcloud.aws.sagemaker.records import SERVING, Document, Endpoint, EndpointConfig, Pending


class UpdateOperations(Deploying):
    """The operations that change an endpoint."""

    async def UpdateEndpoint(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Begins to bring another configuration. AWS needs the present one for it, too."""
        endpoint = self._changeable(request["EndpointName"])
        config = self.store.config(request["EndpointConfigName"])
        self.store.config(endpoint.config.name)
        deployment = _deployment(endpoint, request)
        retained = _retained(request)
        _check(endpoint, config, deployment, retained)
        await self.check_alarms(deployment)
        self._changeable(request["EndpointName"])  # another may have come first meanwhile
        endpoint.deployment = deployment
        endpoint.failure_reason = None
        endpoint.pending = Pending(config, self.now())
        endpoint.move("Updating", self.now())
        self.keep(self.update(endpoint, retained), f"update endpoint {endpoint.name}")
        return {"EndpointArn": endpoint.arn}

    def UpdateEndpointWeightsAndCapacities(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Begins to change weights and numbers of instances."""
        endpoint = self._changeable(request["EndpointName"])
        assert endpoint.fleet is not None
        changes = [(_variant(endpoint, given), given) for given in request["DesiredWeightsAndCapacities"]]
        for variant, given in changes:
            if variant.serverless and "DesiredInstanceCount" in given:
                raise invalid(f"Variant {variant.name} is serverless: it has no instance count.")
        for variant, given in changes:
            variant.desired_weight = float(given.get("DesiredWeight", variant.desired_weight))
            variant.desired_count = int(given.get("DesiredInstanceCount", variant.desired_count))
        self._rescale(endpoint)
        return {"EndpointArn": endpoint.arn}

    def variant_exists(self, endpoint: str, variant: str) -> bool:
        """For autoscaling: whether there is such a variant, of instances."""
        return self._scaled(endpoint, variant) is not None

    def desired_instances(self, endpoint: str, variant: str) -> int:
        """For autoscaling: the instances that a variant shall have; 0 if there is none."""
        found = self._scaled(endpoint, variant)
        return found.desired_count if found else 0

    def set_desired_instances(self, endpoint: str, variant: str, count: int) -> None:
        """For autoscaling: changes them. An endpoint that changes is left alone: scaling looks again."""
        found = self._scaled(endpoint, variant)
        record = self.store.find_endpoint(endpoint)
        if found is None or record is None or record.status != "InService" or found.desired_count == count:
            return
        found.desired_count = count
        self._rescale(record)

    def _rescale(self, endpoint: Endpoint) -> None:
        endpoint.move("Updating", self.now())
        self.keep(self._rescaled(endpoint), f"scale endpoint {endpoint.name}")

    async def _rescaled(self, endpoint: Endpoint) -> None:
        await self.cloud.clock.sleep(self.cloud.config.durations.endpoint_scaling)
        for variant in endpoint.fleet.variants if endpoint.fleet else ():
            variant.weight, variant.count = variant.desired_weight, variant.desired_count
        endpoint.move("InService", self.now())

    def _scaled(self, endpoint: str, variant: str) -> Variant | None:
        record = self.store.find_endpoint(endpoint)
        if record is None or record.fleet is None or record.status not in SERVING:
            return None
        found = record.fleet.variant(variant)
        return found if found and not found.serverless else None

    def _changeable(self, name: str) -> Endpoint:
        endpoint = self.store.endpoint(name)
        if endpoint.changing:
            raise in_progress(endpoint.arn)
        if endpoint.status == "Failed":
            raise invalid(f'Cannot update failed endpoint "{endpoint.arn}". Delete it and create it again.')
        return endpoint


def _variant(endpoint: Endpoint, given: Document) -> Variant:
    found = endpoint.fleet.variant(given["VariantName"]) if endpoint.fleet else None
    if found is None:
        raise invalid(
            f'The variant name(s) "{given["VariantName"]}" is/are not present within endpoint '
            f'configuration "{endpoint.config.name}".'
        )
    return found


def _deployment(endpoint: Endpoint, request: Document) -> Document | None:
    """The one given; with RetainDeploymentConfig that of the last update; else none, which is all at once."""
    given: Document | None = request.get("DeploymentConfig")
    if request.get("RetainDeploymentConfig"):
        if given:
            raise invalid("DeploymentConfig cannot be given together with RetainDeploymentConfig.")
        return endpoint.deployment
    return given


def _retained(request: Document) -> frozenset[str]:
    """What variants keep of what they have now."""
    if not request.get("RetainAllVariantProperties"):
        return frozenset()
    without = request.get("ExcludeRetainedVariantProperties") or []
    return frozenset({COUNT, WEIGHT}) - {each["VariantPropertyType"] for each in without}


def _check(
    endpoint: Endpoint, config: EndpointConfig, deployment: Document | None, retained: frozenset[str]
) -> None:
    old = [variant["VariantName"] for variant in endpoint.config.variants]
    checks.same_variants(old, [variant["VariantName"] for variant in config.variants])
    if deployment:
        checks.deployment(deployment, [_counted(endpoint, v, retained) for v in config.variants])


def _counted(endpoint: Endpoint, variant: Document, retained: frozenset[str]) -> Document:
    """A variant with the number of instances that it will have."""
    now = endpoint.fleet.variant(variant["VariantName"]) if endpoint.fleet else None
    keeps = now is not None and COUNT in retained and "ServerlessConfig" not in variant
    return {**variant, "InitialInstanceCount": now.desired_count} if now and keeps else variant
