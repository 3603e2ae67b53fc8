"""What SageMaker refuses of endpoint configurations and deployments, beyond what the model says.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from __future__ import annotations

from localcloud.aws.sagemaker.errors import invalid
from localcloud.aws.sagemaker.records import Document

_MEMORY = range(1024, 6144 + 1, 1024)  # MB


def config(request: Document) -> None:
    """An endpoint configuration."""
    variants: list[Document] = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise invalid("Production variant names must be unique within an endpoint configuration.")
    for variant in variants:
        _variant(variant)
    if len(variants) > 1 and any("ServerlessConfig" in variant for variant in variants):
        raise invalid("An endpoint with a serverless variant can have only one production variant.")
    if request.get("DataCaptureConfig") and any("ServerlessConfig" in variant for variant in variants):
        raise invalid("DataCaptureConfig is not supported for serverless endpoints.")
    for member in ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants"):
        if request.get(member):
            raise invalid(f"The local AWS does not offer {member}.")


def _variant(variant: Document) -> None:
    name = variant["VariantName"]
    if not variant.get("ModelName"):
        raise invalid(f"ModelName is required for production variant {name}.")
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        _instances(name, variant)
    elif variant.get("InstanceType") or variant.get("InitialInstanceCount"):
        raise invalid(
            f"Production variant {name}: ServerlessConfig cannot be combined with InstanceType or "
            "InitialInstanceCount."
        )
    else:
        _serverless(serverless)


def _instances(name: str, variant: Document) -> None:
    if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
        raise invalid(
            f"Production variant {name}: InstanceType and InitialInstanceCount are required unless "
            "ServerlessConfig is given."
        )


def _serverless(serverless: Document) -> None:
    memory = serverless["MemorySizeInMB"]
    if memory not in _MEMORY:
        sizes = ", ".join(str(size) for size in _MEMORY)
        raise invalid(f"Memory size {memory} is not valid. Valid values for MemorySizeInMB are: {sizes}.")
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise invalid("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")


def same_variants(old: list[str], new: list[str]) -> None:
    """An update keeps the names of the variants."""
    if set(old) != set(new):
        raise invalid(
            "The new endpoint configuration must have the same production variant names as the endpoint: "
            f"expected [{', '.join(sorted(old))}], found [{', '.join(sorted(new))}]."
        )


def deployment(given: Document, variants: list[Document]) -> None:
    """A DeploymentConfig, against the variants that it shall bring."""
    if given.get("BlueGreenUpdatePolicy") and given.get("RollingUpdatePolicy"):
        raise invalid("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be given.")
    if given.get("BlueGreenUpdatePolicy"):
        _blue_green(given["BlueGreenUpdatePolicy"], variants)
    if given.get("RollingUpdatePolicy"):
        _rolling(given["RollingUpdatePolicy"], variants)


def _blue_green(policy: Document, variants: list[Document]) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    wanted = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(routing["Type"])
    for member in ("CanarySize", "LinearStepSize"):
        if member == wanted and member not in routing:
            raise invalid(f"{member} is required for traffic routing of type {routing['Type']}.")
        if member != wanted and member in routing:
            raise invalid(f"{member} is not allowed for traffic routing of type {routing['Type']}.")
    if wanted:
        if any("ServerlessConfig" in variant for variant in variants):
            raise invalid(
                "Deployment guardrails are supported for real-time and asynchronous endpoints only; "
                "use ALL_AT_ONCE for a serverless endpoint."
            )
        _size(wanted, routing[wanted], variants, (0.0 if wanted == "CanarySize" else 0.1, 0.5))
    _timeout(policy, policy.get("TerminationWaitInSeconds", 0) + routing["WaitIntervalInSeconds"])


def _rolling(policy: Document, variants: list[Document]) -> None:
    if len(variants) > 1 or any("ServerlessConfig" in variant for variant in variants):
        raise invalid(
            "Rolling deployments are not supported for serverless endpoints and for endpoints with more than "
            "one production variant."
        )
    _size("MaximumBatchSize", policy["MaximumBatchSize"], variants, (0.05, 0.5))
    _timeout(policy, policy["WaitIntervalInSeconds"])


def _size(member: str, size: Document, variants: list[Document], bounds: tuple[float, float]) -> None:
    """Sizes are counts or shares of each variant's instances."""
    least, most = bounds
    if size["Type"] == "CAPACITY_PERCENT" and not 100 * least <= size["Value"] <= 100 * most:
        raise invalid(f"{member} must be between {least:.0%} and {most:.0%} of the variant's total capacity.")
    for variant in variants:
        count = variant["InitialInstanceCount"]
        if size["Type"] == "INSTANCE_COUNT" and not count * least <= size["Value"] <= count * most:
            raise invalid(
                f"{member} must be between {least:.0%} and {most:.0%} of the total instance count of variant "
                f"{variant['VariantName']}, which is {count}."
            )
        if size["Type"] == "CAPACITY_PERCENT" and count == 1:
            raise invalid(
                f"{member}: variant {variant['VariantName']} has 1 instance; at least 2 are needed to shift "
                "traffic in more than one step."
            )


def _timeout(policy: Document, waits: int) -> None:
    most = policy.get("MaximumExecutionTimeoutInSeconds")
    if most is not None and most <= waits:
        raise invalid(
            "MaximumExecutionTimeoutInSeconds must be greater than the total waiting time specified in "
            "TerminationWaitInSeconds and WaitIntervalInSeconds."
        )
