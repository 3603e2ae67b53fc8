"""Policies narrowed to one platform, as `modelpoc iam-policy --platform` prints them: enough for all that is
done there, and no more. Elsewhere in these tests what a platform would name stands as `*`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.aws_listing import owned_by
from tests.world import ROOT, World, endpoint_poc, poc, wait_for

from localcloud import lifecycle
from localcloud.demo.account import platform_manifest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ROLES = ("operator", "execution", "sagemaker", "function")
SCALED = {"scaling": {"min": 1, "max": 3, "target": {"cpuPercent": 60}}}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "token", "namespace": "default", "labels": {"modelpoc.dev/use": "true"}},
    "stringData": {"token": "hush-hush"},
}
READS = {"secrets": [{"name": "TOKEN", "secretKeyRef": {"name": "token", "key": "token"}}]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A platform whose POCs have roles of their own; each role has its policy before the operator begins."""
    made = World.up("narrow", run_operator=False)
    try:
        about = made.prepared
        per_poc = {"permissionsBoundaryArn": about.boundary}
        ecs = {"executionRoleArn": about.execution_role, "taskRole": {"perPoc": per_poc}}
        platform = platform_manifest(about, ecs=ecs)
        made.apply(platform)
        file = tmp_path_factory.mktemp("narrow") / "platform.yaml"
        file.write_text(json.dumps(platform))
        for role in ROLES:
            narrow(made, role, file)
        made.start_operator()
        made.wait_platform()
        yield made
    finally:
        made.down()


def narrow(world: World, role: str, platform: Path) -> None:
    """In place of what the role was allowed."""
    program = Path(sys.executable).with_name("modelpoc")
    command = [str(program), "iam-policy", role, "--platform", str(platform)]
    document = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    iam, name = world.client("iam"), f"modelpoc-{role}"
    for old in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=old)
    iam.put_role_policy(RoleName=name, PolicyName="narrow", PolicyDocument=document)


def refused(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.local("iam")["refused"]
    return found


def test_pocs_of_both_runtimes_come_up_change_and_go(world: World) -> None:
    world.upload_archive("counter", revision="one")
    world.apply(SECRET, poc("echo", ecs={**READS, **SCALED}), endpoint_poc("counter"))
    for name in ("echo", "counter"):
        world.ready(name, 90)
    world.patch("echo", {"ecs": {"memory": 1024, "cpu": 512}, "tags": {"team": "x"}})
    instances = {"min": 2, "max": 3, "invocationsPerInstance": 100}
    world.patch("counter", {"sagemaker": {"instance": {"scaling": instances}}})
    for name in ("echo", "counter"):
        world.ready(name, 90)
    for name in ("echo", "counter"):
        world.delete(name)
        assert wait_for(lambda name=name: not owned_by(world.client, name), 60, 0.5)
    done = Counter(call["operation"] for call in world.operator_calls())
    assert (done["CreateRole"], done["CreateEndpoint"], done["DeleteRole"]) == (1, 1, 1)
    assert done["RegisterScalableTarget"] >= 2
    assert refused(world) == []


def another_boundary(as_operator: Callable[[str], Any], world: World) -> None:
    about = world.prepared
    arn = about.boundary.replace("modelpoc-boundary", "wide")
    as_operator("iam").create_role(
        RoleName="mine-0123456789",
        Path=f"/modelpoc/{about.region}/default/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=arn,
    )


def another_role(as_operator: Callable[[str], Any], world: World) -> None:
    """One of the account that ECS would take on, and the platform does not name."""
    container = {"name": "c", "image": "local/echo:latest", "memory": 128}
    as_operator("ecs").register_task_definition(
        family="mine-0123456789",
        containerDefinitions=[container],
        taskRoleArn=world.prepared.task_role,
        tags=[{"key": "modelpoc.dev/owner-id", "value": "default"}],
    )


def another_owner(as_operator: Callable[[str], Any], world: World) -> None:
    as_operator("ecs").create_cluster(
        clusterName="theirs", tags=[{"key": "modelpoc.dev/owner-id", "value": "theirs"}]
    )


def another_bucket(as_operator: Callable[[str], Any], world: World) -> None:
    as_operator("s3").get_object(Bucket="payroll", Key="counter/model.tar.gz")


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


@pytest.mark.parametrize("attempt", [another_boundary, another_role, another_owner, another_bucket])
def test_whoever_has_the_operators_credentials_gets_no_further(
    world: World, attempt: Callable[[Callable[[str], Any], World], None]
) -> None:
    keys = lifecycle.operator_environment(world.files)

    def as_operator(service: str) -> Any:
        return boto3.client(
            service,
            keys["AWS_REGION"],
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
        )

    with pytest.raises(ClientError) as told:
        attempt(as_operator, world)
    assert told.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
