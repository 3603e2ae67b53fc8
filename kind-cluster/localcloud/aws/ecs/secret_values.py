"""The values behind a task definition's `secrets`, fetched when a task starts.

Forms of `valueFrom`: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from botocore.exceptions import ClientError

from localcloud.runtime.errors import ResourceInitialization

Ask = Callable[..., Awaitable[Any]]
_UNABLE = "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve"
_RETRIED = "service call has been retried 1 time(s)"


async def resolve(secrets: list[dict[str, str]], ask: Ask) -> dict[str, str]:
    """Name → value; `ResourceInitialization` in Fargate's words when one is not to be had."""
    return {secret["name"]: await _value(secret["valueFrom"], ask) for secret in secrets}


async def _value(source: str, ask: Ask) -> str:
    if source.startswith("arn:") and source.split(":")[2] == "secretsmanager":
        return await _from_secrets_manager(source, ask)
    return await _from_parameter_store(source, ask)


async def _from_secrets_manager(source: str, ask: Ask) -> str:
    """`arn`, `arn:json-key::`, `arn:json-key:version-stage:version-id`."""
    parts = source.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), [*parts[7:], "", "", ""][:3]
    wanted = {"VersionStage": stage, "VersionId": version}
    try:
        answer = await ask(
            "secretsmanager", "get_secret_value", SecretId=arn, **{k: v for k, v in wanted.items() if v}
        )
    except ClientError as error:
        reason = f"failed to fetch secret {arn} from secrets manager: {_words(error)}"
        raise ResourceInitialization(f"{_UNABLE} secret from asm: {_RETRIED}: {reason}") from error
    return _member(answer["SecretString"], key) if key else str(answer["SecretString"])


def _member(text: str, key: str) -> str:
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        reason = f"retrieved secret from Secrets Manager did not contain json key {key}"
        raise ResourceInitialization(f"{_UNABLE} secret from asm: {_RETRIED}: {reason}") from None
    return value if isinstance(value, str) else json.dumps(value)


async def _from_parameter_store(source: str, ask: Ask) -> str:
    """By ARN or name; the ARN of `x` and of `/x` is the same, so both are asked for."""
    bare = source.split(":parameter/", 1)[1] if source.startswith("arn:") else source
    names = [f"/{bare}", bare] if source.startswith("arn:") and "/" not in bare else [bare]
    if source.startswith("arn:") and "/" in bare:
        names = [f"/{bare}"]
    try:
        answer = await ask("ssm", "get_parameters", Names=names, WithDecryption=True)
    except ClientError as error:
        raise ResourceInitialization(f"{_UNABLE} secrets from ssm: {_RETRIED}: {_words(error)}") from error
    if not answer["Parameters"]:
        raise ResourceInitialization(
            f"{_UNABLE} secrets from ssm: {_RETRIED}: invalid ssm parameters: {names[0]}"
        )
    return str(answer["Parameters"][0]["Value"])


def _words(error: ClientError) -> str:
    return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
