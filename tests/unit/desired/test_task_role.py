"""Whose role a POC's containers act as."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.unit.desired import specs
from tests.unit.desired.specs import ACCOUNT, PARAMETER, REGION, ROLE, SECRET, all_of, one, platform, poc

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.existing_secret import ExistingSecret
from modelpoc.aws.role import Role
from modelpoc.aws.secret import SecretValue
from modelpoc.aws.service import Service
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.desired.poc import suspended_graph
from modelpoc.desired.task_role import policy_length
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import Ref, When

pytestmark = pytest.mark.unit

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
KUBE = {("db", "password"): SecretValue(b"hush")}


def own(name: str = "default", **spec: Any) -> ModelPlatform:
    per_poc = {"perPoc": {"permissionsBoundaryArn": BOUNDARY}}
    return platform(name, ecs={"executionRoleArn": ROLE, "taskRole": per_poc}, **spec)


def graph(asked: ModelPOC, where: ModelPlatform | None = None) -> Graph:
    return specs.graph(asked, where or own(), KUBE)


def secret(**source: Any) -> dict[str, Any]:
    return {"secrets": [{"name": "TOKEN", **source}]}


def test_without_a_word_of_the_platform_there_is_none() -> None:
    assert all_of(graph(poc(), platform()), Role) == []


def test_it_is_the_task_definitions_and_the_service_waits_until_ecs_knows_it() -> None:
    found = graph(poc())
    role = one(found, Role)
    assert one(found, TaskDefinition).task_role_arn == Ref("Role", role.name)
    (need,) = [ref for ref in one(found, Service).needs if ref.kind == "Role"]
    assert (need.name, need.when) == (role.name, When.SETTLED)


def test_a_pocs_own_word_goes_before_it() -> None:
    found = graph(poc({"taskRoleArn": ROLE}))
    assert all_of(found, Role) == []
    assert one(found, TaskDefinition).task_role_arn == ROLE
    assert not [ref for ref in one(found, Service).needs if ref.kind == "Role"]


def test_it_has_the_platforms_boundary_and_nothing_but_the_pocs_prefix() -> None:
    role = one(graph(poc()), Role)
    assert role.boundary == BOUNDARY
    assert role.policy["ReadFiles"]["Resource"] == ["arn:aws:s3:::models/echo/*"]
    assert "secret:" not in json.dumps(dict(role.policy))


def test_it_reads_the_secrets_that_the_poc_names() -> None:
    owned = one(graph(poc(secret(secretKeyRef={"name": "db", "key": "password"}))), Role)
    within = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:modelpoc/default/team/echo/*"
    assert owned.policy["ReadSecrets"]["Resource"] == [within]
    given = one(graph(poc(secret(secretsManagerArn=f"{SECRET}:password::"))), Role)
    assert given.policy["ReadSecrets"]["Resource"] == [Ref(ExistingSecret.kind, SECRET)]
    parameter = one(graph(poc(secret(ssmParameterArn=PARAMETER))), Role)
    assert parameter.policy["ReadParameters"]["Resource"] == [PARAMETER]


def test_other_secrets_or_another_boundary_make_no_other_role() -> None:
    plain, more = one(graph(poc()), Role), one(graph(poc(secret(ssmParameterArn=PARAMETER))), Role)
    assert plain.name == more.name
    assert plain.policy != more.policy


def test_names_fit_and_tell_pocs_platforms_and_regions_apart() -> None:
    long = "a" * 63
    places = [own(), own("second"), own(region="us-east-1")]
    asked = [poc(), poc(name=long), poc(name=long, namespace="other")]
    roles = [one(graph(a, p), Role) for a in asked for p in places]
    assert len({r.name for r in roles}) == len(roles)
    assert all(re.fullmatch(r"[a-z0-9-]{1,53}-[0-9a-f]{10}", r.name) and len(r.name) <= 64 for r in roles)
    assert {r.path for r in roles} == {
        "/modelpoc/eu-west-1/default/", "/modelpoc/eu-west-1/second/", "/modelpoc/us-east-1/default/",
    }  # fmt: skip


def test_china_is_a_partition_of_its_own() -> None:
    role = one(graph(poc(), own(region="cn-north-1")), Role)
    assert "arn:aws:" not in json.dumps([dict(role.policy), dict(role.trust)])


def test_suspended_it_is_gone() -> None:
    assert all_of(suspended_graph(poc(), own(), {}), Role) == []


def test_its_policy_is_measured_with_the_suffix_that_aws_gives_a_secret() -> None:
    whole = policy_length(one(graph(poc(secret(secretsManagerArn=SECRET))), Role))
    bare = policy_length(one(graph(poc(secret(secretsManagerArn=SECRET.removesuffix("-AbCdEf")))), Role))
    assert whole == bare
    assert whole > policy_length(one(graph(poc()), Role)) + len(SECRET)
