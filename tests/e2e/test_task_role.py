"""A role of its own for each POC: it reads its own files and secret and is refused another's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.aws_listing import kinds_of, owned_by
from tests.world import ROOT, World, poc, wait_for

from localcloud.demo.account import platform_manifest
from localcloud.runtime import images

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

READER = ROOT / "tests" / "models" / "s3-reader"
MINE, THEIRS = "mine", "mine-too"
"""One name is the beginning of the other: a prefix without its slash would open both."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World.up("task-role")
    try:
        images.build("s3-reader", READER, made.files.images)
        made.apply(platform_manifest(made.prepared, ecs=own_roles(made)))
        made.wait_platform()
        for name in (MINE, THEIRS):
            made.upload(f"{name}/data.txt", f"of {name}".encode())
            made.apply(secret(name), reader(name))
        for name in (MINE, THEIRS):
            made.ready(name, 90)
        yield made
    finally:
        made.down()


def own_roles(world: World) -> dict[str, Any]:
    """A platform's `ecs` with the boundary that `modelpoc iam-policy boundary` printed for the account."""
    about = world.prepared
    assert about.boundary
    per_poc = {"permissionsBoundaryArn": about.boundary}
    return {"executionRoleArn": about.execution_role, "taskRole": {"perPoc": per_poc}}


def reader(name: str) -> dict[str, Any]:
    named = {"name": "TOKEN", "secretKeyRef": {"name": name, "key": "token"}}
    return poc(name, ecs={"image": "local/s3-reader:latest", "secrets": [named]})


def secret(name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "labels": {"modelpoc.dev/use": "true"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": f"of {name}"}}


def ask(world: World, do: str, of: str = "", name: str = MINE) -> dict[str, Any]:
    answer = world.predict(name, {"do": do, "of": of})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: dict[str, Any], action: str) -> bool:
    """By IAM, in AWS's words."""
    named = f"is not authorized to perform: {action}" in answer.get("message", "")
    return named and answer["refused"] in ("AccessDenied", "AccessDeniedException")


def secret_of(world: World, name: str) -> str:
    found = world.client("secretsmanager").list_secrets()["SecretList"]
    return next(str(s["ARN"]) for s in found if f"/{name}/" in s["Name"])


def role_of(world: World, name: str) -> dict[str, Any]:
    iam = world.client("iam")
    listed = iam.list_roles(PathPrefix="/modelpoc/")["Roles"]
    (found,) = [
        r
        for r in listed
        if r["RoleName"].startswith(f"{name}-") and r["RoleName"].count("-") == name.count("-") + 1
    ]
    whole: dict[str, Any] = iam.get_role(RoleName=found["RoleName"])["Role"]
    return whole


def test_its_containers_act_as_it(world: World) -> None:
    role = role_of(world, MINE)
    assert f":assumed-role/{role['RoleName']}/" in ask(world, "who")["output"]
    assert role["RoleName"] != role_of(world, THEIRS)["RoleName"]


def test_a_container_reads_its_own_files_and_secret(world: World) -> None:
    assert ask(world, "read", f"{MINE}/data.txt") == {"output": f"of {MINE}"}
    assert ask(world, "list", f"{MINE}/") == {"output": [f"{MINE}/data.txt"]}
    assert ask(world, "secret", secret_of(world, MINE)) == {"output": f"of {MINE}"}


def test_it_is_refused_anothers(world: World) -> None:
    assert refused(ask(world, "read", f"{THEIRS}/data.txt"), "s3:GetObject")
    assert refused(ask(world, "list", f"{THEIRS}/"), "s3:ListBucket")
    assert refused(ask(world, "list", MINE), "s3:ListBucket"), "without the slash it is a prefix of both"
    assert refused(ask(world, "list"), "s3:ListBucket")
    assert refused(ask(world, "secret", secret_of(world, THEIRS)), "secretsmanager:GetSecretValue")
    assert ask(world, "read", f"{THEIRS}/data.txt", THEIRS) == {"output": f"of {THEIRS}"}, "its own may"


def test_it_writes_nothing_not_even_under_its_own_prefix(world: World) -> None:
    assert refused(ask(world, "write", f"{MINE}/new.txt"), "s3:PutObject")


def test_rights_that_somebody_adds_stop_at_the_boundary_and_are_taken_off_again(world: World) -> None:
    iam, name = world.client("iam"), role_of(world, THEIRS)["RoleName"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    world.stop_operator()  # which would take them off again before the container tries them
    try:
        iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=document)
        answer = ask(world, "write", f"{THEIRS}/new.txt", THEIRS)
    finally:
        world.start_operator()
    assert refused(answer, "s3:PutObject")
    assert "permissions boundary" in answer["message"]
    assert wait_for(lambda: iam.list_role_policies(RoleName=name)["PolicyNames"] == ["modelpoc"], 60)


def test_a_secret_taken_up_is_read_by_the_new_containers(world: World) -> None:
    ssm, about = world.client("ssm"), world.prepared
    ssm.put_parameter(Name="/level", Value="high", Type="SecureString")
    arn = f"arn:aws:ssm:{about.region}:{about.account}:parameter/level"
    assert refused(ask(world, "parameter", arn), "ssm:GetParameter")
    both = [*reader(MINE)["spec"]["ecs"]["secrets"], {"name": "LEVEL", "ssmParameterArn": arn}]
    world.patch(MINE, {"ecs": {"secrets": both}})
    world.ready(MINE)
    assert ask(world, "parameter", arn) == {"output": "high"}


def test_a_poc_costs_two_writes_to_iam_and_its_end_two(world: World) -> None:
    since = world.last_call()
    world.apply(reader("brief") | {"spec": {"ecs": reader("brief")["spec"]["ecs"] | {"secrets": []}}})
    world.ready("brief")
    made = iam_writes(world, since)
    assert made == Counter({"CreateRole": 1, "PutRolePolicy": 1})
    since = world.last_call()
    world.delete("brief")
    assert iam_writes(world, since) == Counter({"DeleteRolePolicy": 1, "DeleteRole": 1})
    assert kinds_of(owned_by(world.client, "brief")) == []


def iam_writes(world: World, since: int) -> Counter[str]:
    calls = world.operator_calls(since)
    return Counter(c["operation"] for c in calls if c["service"] == "iam" and c["mutating"])
