"""What Lambda refuses beyond the shapes of its model. Limits: "Lambda quotas" of the developer guide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.aws.lambda_.errors import invalid, not_offered
from localcloud.aws.lambda_.names import LONGEST_NAME

RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))
_MEMORY = (128, 10240)
_LONGEST_TIMEOUT = 900
_LARGEST_ENVIRONMENT = 4096
_MOST_TAGS = 50
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: those that cannot be set
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_NOT_OFFERED = {
    "VpcConfig": "functions in a VPC",
    "DeadLetterConfig": "dead-letter queues",
    "Layers": "layers",
    "FileSystemConfigs": "file systems",
    "KMSKeyArn": "keys of your own for functions",
    "CodeSigningConfigArn": "code signing",
    "ImageConfig": "functions as container images",
    "TenancyConfig": "tenant isolation",
    "CapacityProviderConfig": "managed instances",
    "DurableConfig": "durable functions",
    "RuntimeConfig": "runtimes of your own",
    "AcceleratorConfig": "accelerators",
    "Publish": "published versions",
    "PublishTo": "published versions",
}


def check_name(name: str) -> None:
    """The name of a new function."""
    if len(name) > LONGEST_NAME:
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_NAME}"
        )


def check_request(request: Mapping[str, Any]) -> None:
    """What a request to create or change may ask for. Raises `AwsError` InvalidParameterValueException."""
    for member, what in _NOT_OFFERED.items():
        given = request.get(member)
        if any(given.values()) if isinstance(given, dict) else given:
            raise not_offered(what)
    if request.get("PackageType") == "Image":
        raise not_offered("functions as container images")
    if (request.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise not_offered("SnapStart")


def check_config(config: Mapping[str, Any]) -> None:
    """A whole configuration in wire form. Raises `AwsError` InvalidParameterValueException."""
    if config["Runtime"] not in RUNTIMES:
        raise not_offered(f"the runtime {config['Runtime']}, but {', '.join(RUNTIMES)}")
    _within("memorySize", config["MemorySize"], *_MEMORY)
    _within("timeout", config["Timeout"], 1, _LONGEST_TIMEOUT)
    _within("ephemeralStorage.size", config["EphemeralStorage"]["Size"], 512, 10240)
    _check_variables((config.get("Environment") or {}).get("Variables") or {})


def check_tags(tags: Mapping[str, str]) -> None:
    """All tags of a function. Raises `AwsError` InvalidParameterValueException."""
    if len(tags) > _MOST_TAGS:
        raise invalid(f"Number of tags exceeds function tag limit of {_MOST_TAGS}.")
    for key, value in tags.items():
        if key.startswith("aws:"):
            raise invalid("Reserved tag prefix aws: cannot be used.")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise invalid(f"Tag key or value is too long: {key[:128]}")


def _within(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        bound = f"less than or equal to {most}" if value > most else f"greater than or equal to {least}"
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{what}' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )


def _check_variables(variables: Mapping[str, str]) -> None:
    begin = "Lambda was unable to configure your environment variables because the environment variables you"
    reserved = sorted(_RESERVED & variables.keys())
    if reserved:
        raise invalid(
            f"{begin} have provided contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _LARGEST_ENVIRONMENT:
        raise invalid(f"{begin} have provided exceeded the 4KB limit. String measured: {measured}")
