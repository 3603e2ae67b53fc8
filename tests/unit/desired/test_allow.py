"""What a platform refuses, and that it says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.desired.specs import PARAMETER, ROLE, SECRET, platform, poc, sagemaker_poc

from modelpoc.api.conditions import Reason
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.secret import SecretValue
from modelpoc.desired.allow import Fleet, refusals

pytestmark = pytest.mark.unit

OTHER_ROLE = ROLE.replace("execution", "other")


def reasons(of: ModelPOC, fleet: Fleet | None = None, **spec: Any) -> list[Reason]:
    return [r.reason for r in refusals(of, platform(**spec), fleet or Fleet(), {})]


def reading(**source: Any) -> ModelPOC:
    return poc({"secrets": [{"name": "TOKEN", **source}]})


def test_a_plain_poc_is_welcome() -> None:
    assert reasons(poc()) == []


@pytest.mark.parametrize(
    ("pattern", "refused"), [("team", False), ("te*", False), ("*", False), ("t?am", True), ("[t]eam", True)]
)
def test_in_patterns_only_the_star_means_something(pattern: str, refused: bool) -> None:
    found = reasons(poc(), allow={"namespaces": [pattern]})
    assert (found == [Reason.NAMESPACE_NOT_ALLOWED]) is refused


def test_images_must_fit_a_pattern() -> None:
    assert reasons(poc(), allow={"images": ["local/*"]}) == []
    assert reasons(poc(), allow={"images": ["mirror/*"]}) == [Reason.IMAGE_NOT_ALLOWED]


def test_the_placeholder_is_always_allowed_where_there_is_one() -> None:
    waiting = poc({"image": "PLACEHOLDER"})
    assert reasons(waiting, allow={"images": ["mirror/*"]}) == []
    assert reasons(waiting, ecs={"executionRoleArn": ROLE}) == [Reason.IMAGE_NOT_ALLOWED]


def test_secrets_are_allowed_only_when_listed() -> None:
    assert reasons(reading(ssmParameterArn=PARAMETER)) == [Reason.SECRET_NOT_ALLOWED]
    assert reasons(reading(ssmParameterArn=PARAMETER), allow={"secretArns": [PARAMETER]}) == []
    assert reasons(reading(secretsManagerArn=SECRET)) == [Reason.SECRET_NOT_ALLOWED]


def test_a_part_of_an_allowed_secret_is_allowed() -> None:
    """ECS reads `:json-key:version-stage:version-id` after the ARN; the permission is the secret's."""
    part = reading(secretsManagerArn=f"{SECRET}:password::")
    assert reasons(part, allow={"secretArns": [SECRET]}) == []
    assert reasons(part, allow={"secretArns": ["*:password::"]}) == [Reason.SECRET_NOT_ALLOWED]


def test_roles_are_allowed_when_listed_or_the_platforms_own() -> None:
    assert reasons(poc({"taskRoleArn": OTHER_ROLE})) == [Reason.ROLE_NOT_ALLOWED]
    assert reasons(poc({"taskRoleArn": OTHER_ROLE}), allow={"roleArns": [OTHER_ROLE]}) == []
    own = {"executionRoleArn": ROLE, "taskRoleArn": OTHER_ROLE}
    assert reasons(poc({"taskRoleArn": OTHER_ROLE}), ecs=own) == []


def test_sizes_have_a_limit() -> None:
    big = poc({"cpu": 1024, "memory": 2048})
    assert reasons(big, allow={"maxCpu": 1024, "maxMemory": 2048}) == []
    assert reasons(big, allow={"maxCpu": 512}) == [Reason.SIZE_NOT_ALLOWED]
    assert reasons(big, allow={"maxMemory": 1024}) == [Reason.SIZE_NOT_ALLOWED]


def test_the_oldest_have_the_places() -> None:
    limits = {"pocsPerPlatform": 2, "pocsPerNamespace": 1}
    assert reasons(poc(), Fleet(2, 1), allow=limits) == []
    assert reasons(poc(), Fleet(3, 1), allow=limits) == [Reason.LIMIT_REACHED]
    assert reasons(poc(), Fleet(2, 2), allow=limits) == [Reason.LIMIT_REACHED]


def test_a_platform_without_ecs_runs_no_ecs_pocs() -> None:
    assert Reason.RUNTIME_NOT_SUPPORTED in reasons(poc(), ecs=None)


def test_an_authorizer_must_be_the_platforms() -> None:
    asked = poc(route={"auth": {"type": "JWT", "authorizer": "staff"}})
    assert reasons(asked) == [Reason.INVALID_SPEC]
    known = {"authorizers": [{"name": "staff", "issuer": "https://id.example.com", "audience": ["models"]}]}
    assert reasons(asked, routing=known) == []


def test_cors_of_its_own_is_told_where_it_belongs() -> None:
    cors = {"allowOrigins": ["*"]}
    assert reasons(poc(route={"cors": cors})) == [Reason.INVALID_SPEC]
    assert reasons(poc(route={"cors": cors}), routing={"cors": cors}) == []


def test_a_key_that_is_not_there_is_told_once_and_one_that_is_not_at_all() -> None:
    ref = {"secretKeyRef": {"name": "tokens", "key": "a"}}
    asked = poc({"secrets": [{"name": "ONE", **ref}, {"name": "TWO", **ref}]})
    (refusal,) = refusals(asked, platform(), Fleet(), {})
    assert refusal.reason is Reason.SECRET_NOT_FOUND
    assert "key a of Secret team/tokens" in refusal.message
    assert refusals(asked, platform(), Fleet(), {("tokens", "a"): SecretValue(b"x")}) == ()


def test_all_that_speaks_against_it_is_told_at_once() -> None:
    bad = poc({"taskRoleArn": OTHER_ROLE, "cpu": 1024, "memory": 2048})
    assert set(reasons(bad, allow={"maxCpu": 512})) == {Reason.ROLE_NOT_ALLOWED, Reason.SIZE_NOT_ALLOWED}


# SageMaker


def test_sagemaker_needs_its_parts_of_the_platform() -> None:
    assert reasons(sagemaker_poc()) == []
    lacking = refusals(sagemaker_poc(), platform(sagemaker=None, **{"lambda": None}), Fleet(), {})
    assert [r.reason for r in lacking] == [Reason.RUNTIME_NOT_SUPPORTED]
    assert "no spec.sagemaker and no spec.lambda" in lacking[0].message


def test_nothing_stands_in_for_an_endpoint() -> None:
    waiting = sagemaker_poc(image="PLACEHOLDER")
    (refusal,) = refusals(waiting, platform(allow={"images": ["*"]}), Fleet(), {})
    assert refusal.reason is Reason.IMAGE_NOT_ALLOWED
    assert "build the image, set it" in refusal.message


def test_images_and_instance_types_of_sagemaker_are_the_platforms_to_allow() -> None:
    allow = {"images": ["other/*"], "instanceTypes": ["ml.t2.*"]}
    large = sagemaker_poc(instance={"type": "ml.m5.large"})
    assert reasons(large, allow=allow) == [Reason.IMAGE_NOT_ALLOWED, Reason.SIZE_NOT_ALLOWED]
    small = sagemaker_poc(instance={"type": "ml.t2.medium"})
    assert reasons(small, allow={"instanceTypes": ["ml.t2.*"]}) == []


@pytest.mark.parametrize("url", ["s3://bucket-name", "s3://bucket-name/", "s3://bucket-name/models/"])
def test_the_archive_must_be_an_object(url: str) -> None:
    assert reasons(sagemaker_poc(modelDataUrl=url)) == [Reason.INVALID_SPEC]


def _parameters(length: int, **ecs: Any) -> ModelPOC:
    """As many as a POC may name, each with a name of that many characters."""
    path = PARAMETER.rpartition("/")[0]
    arns = [f"{path}/{n:0{length}}" for n in range(50)]
    secrets = [{"name": f"V{n}", "ssmParameterArn": arn} for n, arn in enumerate(arns)]
    return poc({"secrets": secrets, **ecs})


def test_a_pocs_own_role_holds_no_more_than_iam_takes() -> None:
    per_poc = {"permissionsBoundaryArn": ROLE.replace("role/", "policy/")}
    own = {"ecs": {"executionRoleArn": ROLE, "taskRole": {"perPoc": per_poc}}}
    allow = {"secretArns": ["*"]}
    (refusal,) = refusals(_parameters(150), platform(allow=allow, **own), Fleet(), {})
    assert refusal.reason is Reason.INVALID_SPEC
    assert "IAM takes 10240: name fewer secrets" in refusal.message
    assert reasons(_parameters(100), allow=allow, **own) == []
    assert reasons(_parameters(150), allow=allow) == [], "without a role of its own"
    given = {**allow, "roleArns": [ROLE]}
    assert reasons(_parameters(150, taskRoleArn=ROLE), allow=given, **own) == [], "nor with a named one"
