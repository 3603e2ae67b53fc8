"""What a platform lets its POCs ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from modelpoc.api.conditions import Reason
from modelpoc.api.ecs import PLACEHOLDER, EcsSpec
from modelpoc.api.modelplatform import Allow, ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.sagemaker import SageMakerSpec
from modelpoc.aws.policy_document import INLINE_LIMIT
from modelpoc.desired.ecs import image_of
from modelpoc.desired.poc import named_of
from modelpoc.desired.sagemaker import archive_of
from modelpoc.desired.secrets import KubeSecrets, base_arn, missing_keys
from modelpoc.desired.task_role import own_role, policy_length


@dataclass(frozen=True)
class Refusal:
    """Why a POC cannot be had as it is asked for, and what to do about it."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Fleet:
    """Where a POC stands among the POCs of its platform, oldest first, counting from 1."""

    in_platform: int = 1
    in_namespace: int = 1


def refusals(
    poc: ModelPOC, platform: ModelPlatform, fleet: Fleet, kube_secrets: KubeSecrets
) -> tuple[Refusal, ...]:
    """Everything that the platform, or what is there, speaks against; empty when nothing does."""
    return (
        *_place(poc, platform),
        *_limits(poc, platform.spec.allow, fleet),
        *_route(poc, platform),
        *(_ecs(poc.spec.ecs, poc, platform) if poc.spec.ecs else ()),
        *(_sagemaker(poc.spec.sagemaker, poc, platform) if poc.spec.sagemaker else ()),
        *_keys(poc, kube_secrets),
    )


def _matches(value: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns fits; only `*` means something in them."""
    return any(fnmatchcase(value, p.replace("[", "[[]").replace("?", "[?]")) for p in patterns)


def _place(poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    namespace, allowed = poc.metadata.namespace, platform.spec.allow.namespaces
    if not _matches(namespace, allowed):
        yield Refusal(
            Reason.NAMESPACE_NOT_ALLOWED,
            f"platform {platform.metadata.name} serves the namespaces {', '.join(allowed)}, not {namespace}",
        )


def _limits(poc: ModelPOC, allow: Allow, fleet: Fleet) -> Iterable[Refusal]:
    most, here = allow.pocs_per_platform, allow.pocs_per_namespace
    if most is not None and fleet.in_platform > most:
        yield Refusal(
            Reason.LIMIT_REACHED,
            f"the platform carries {most} POCs and all are in use: delete one, "
            "or have spec.allow.pocsPerPlatform raised",
        )
    if here is not None and fleet.in_namespace > here:
        yield Refusal(
            Reason.LIMIT_REACHED,
            f"namespace {poc.metadata.namespace} may have {here} POCs and all are in use: delete one, "
            "or have spec.allow.pocsPerNamespace raised",
        )


def _route(poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    route, routing = poc.spec.route, platform.spec.routing
    if route.auth and route.auth.authorizer:
        known = {a.name for a in routing.authorizers}
        if route.auth.authorizer not in known:
            names = ", ".join(sorted(known)) or "none"
            yield Refusal(
                Reason.INVALID_SPEC,
                f"route.auth.authorizer {route.auth.authorizer} is not one of the platform's ({names})",
            )
    if route.cors and route.cors != routing.cors:
        yield Refusal(
            Reason.INVALID_SPEC,
            "route.cors: an HTTP API has one CORS setting for all its routes: set it in the platform's "
            "routing.cors, or answer OPTIONS in the model itself",
        )


def _ecs(spec: EcsSpec, poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    allow = platform.spec.allow
    if platform.spec.ecs is None:
        yield Refusal(
            Reason.RUNTIME_NOT_SUPPORTED,
            f"platform {platform.metadata.name} runs no ECS POCs: it has no spec.ecs",
        )
    yield from _image(spec, poc, platform)
    yield from _size(spec, allow)
    role = spec.task_role_arn
    own = platform.spec.ecs.task_role_arn if platform.spec.ecs else None
    if role and role != own and not _matches(role, allow.role_arns):
        yield Refusal(
            Reason.ROLE_NOT_ALLOWED, f"ecs.taskRoleArn {role} is not in the platform's allow.roleArns"
        )
    for ref in spec.secrets:
        arn = ref.ssm_parameter_arn or base_arn(ref.secrets_manager_arn or "")
        if arn and not _matches(arn, allow.secret_arns):
            yield Refusal(
                Reason.SECRET_NOT_ALLOWED,
                f"secret {ref.name}: {arn} is not in the platform's allow.secretArns",
            )
    yield from _own_role(poc, platform)


def _own_role(poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    """IAM's limit on a role's inline policies is one that AWS does not raise."""
    role = own_role(poc, platform, named_of(poc, platform))
    if role and (long := policy_length(role)) > INLINE_LIMIT:
        yield Refusal(
            Reason.INVALID_SPEC,
            f"ecs.secrets: the policy of the POC's own role would have {long} characters, and IAM takes "
            f"{INLINE_LIMIT}: name fewer secrets (parts of one count once) or ones with shorter names",
        )


def _image(spec: EcsSpec, poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    if spec.image == PLACEHOLDER:
        if image_of(poc, platform) is None:
            yield Refusal(
                Reason.IMAGE_NOT_ALLOWED,
                "ecs.image is PLACEHOLDER, but the platform names no ecs.placeholderImage: set a real image",
            )
    else:
        yield from _allowed_image("ecs.image", spec.image, platform)


def _allowed_image(field: str, image: str, platform: ModelPlatform) -> Iterable[Refusal]:
    patterns = platform.spec.allow.images
    if not _matches(image, patterns):
        yield Refusal(
            Reason.IMAGE_NOT_ALLOWED,
            f"{field} {image} fits none of the platform's allow.images: {', '.join(patterns)}",
        )


def _size(spec: EcsSpec, allow: Allow) -> Iterable[Refusal]:
    if allow.max_cpu is not None and spec.cpu > allow.max_cpu:
        yield Refusal(
            Reason.SIZE_NOT_ALLOWED, f"ecs.cpu {spec.cpu} is more than the platform allows: {allow.max_cpu}"
        )
    if allow.max_memory is not None and spec.memory > allow.max_memory:
        yield Refusal(
            Reason.SIZE_NOT_ALLOWED,
            f"ecs.memory {spec.memory} is more than the platform allows: {allow.max_memory}",
        )


def _sagemaker(spec: SageMakerSpec, poc: ModelPOC, platform: ModelPlatform) -> Iterable[Refusal]:
    lacks = [n for n, part in _parts_for_sagemaker(platform).items() if part is None]
    if lacks:
        yield Refusal(
            Reason.RUNTIME_NOT_SUPPORTED,
            f"platform {platform.metadata.name} runs no SageMaker POCs: it has no {' and no '.join(lacks)}",
        )
    if spec.image == PLACEHOLDER:
        yield Refusal(
            Reason.IMAGE_NOT_ALLOWED,
            "sagemaker.image is PLACEHOLDER, and nothing stands in for an endpoint: build the image, set it",
        )
    elif spec.image is not None:
        yield from _allowed_image("sagemaker.image", spec.image, platform)
    kind, types = spec.instance and spec.instance.type, platform.spec.allow.instance_types
    if kind and not _matches(kind, types):
        yield Refusal(
            Reason.SIZE_NOT_ALLOWED,
            f"sagemaker.instance.type {kind} is none of the platform's allow.instanceTypes: "
            + ", ".join(types),
        )
    archive = archive_of(poc, platform)
    if archive and ("/" not in archive or archive.endswith("/")):
        yield Refusal(
            Reason.INVALID_SPEC,
            f"sagemaker.modelDataUrl s3://{archive} names no object: write s3://bucket/key, as in "
            "s3://models/counter/model.tar.gz",
        )


def _parts_for_sagemaker(platform: ModelPlatform) -> dict[str, object]:
    return {"spec.sagemaker": platform.spec.sagemaker, "spec.lambda": platform.spec.lambda_}


def _keys(poc: ModelPOC, have: KubeSecrets) -> Iterable[Refusal]:
    for ref in missing_keys(poc, have):
        yield Refusal(
            Reason.SECRET_NOT_FOUND,
            f"key {ref.key} of Secret {poc.metadata.namespace}/{ref.name} was not found: create it, "
            'and label the Secret modelpoc.dev/use: "true"',
        )
