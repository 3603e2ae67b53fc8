"""Task definitions: the hash of their content, the request, and what is ours."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.task_definition import TaskDefinition, TaskDefinitionKind, family_of, observed
from modelpoc.aws.task_definition_request import CONTENT, VERSIONS, content_hash, register_request
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/echo-0123456789:7"
WANT = TaskDefinition(
    name="echo-0123456789",
    container_name="model",
    image="repo/echo:1",
    port=8080,
    cpu=256,
    memory=512,
    command=("serve",),
    environment={"B": "2", "A": "1"},
    secrets={"KEY": "arn:secret"},
    versions={"KEY": "v1"},
    log_group="/modelpoc/echo",
    region="eu-west-1",
    health_command=("curl", "localhost"),
    execution_role_arn="arn:execution",
    task_role_arn="arn:task",
    tags=tags.owner_tags(OWNER, {}),
)
OTHERWISE: dict[str, Any] = {
    "container_name": "app", "image": "repo/echo:2", "port": 80, "cpu": 512, "memory": 1024,
    "architecture": "ARM64", "command": None, "environment": {"A": "1"}, "secrets": {},
    "versions": {"KEY": "v2"}, "log_group": "/other", "region": "eu-west-2", "health_command": None,
    "health_interval": 11, "health_timeout": 6, "health_retries": 4, "health_start_period": 0,
    "execution_role_arn": "arn:other", "task_role_arn": None,
}  # fmt: skip


def answer(want: TaskDefinition = WANT) -> dict[str, Any]:
    request = register_request(want)
    del request["tags"]
    return {**request, "taskDefinitionArn": ARN, "revision": 7, "status": "ACTIVE"}


@pytest.mark.parametrize("field", OTHERWISE)
def test_any_other_content_is_another_resource(field: str) -> None:
    other = replace(WANT, **{field: OTHERWISE[field]})
    assert TaskDefinitionKind().identify(other) != TaskDefinitionKind().identify(WANT)


def test_every_field_but_tags_is_content() -> None:
    own = {f.name for f in fields(TaskDefinition)} - {"name", "needs", "switch_after", "given", "tags"}
    assert own == OTHERWISE.keys()
    assert content_hash(replace(WANT, tags={})) == content_hash(WANT)


def test_the_order_of_mappings_is_no_content() -> None:
    assert content_hash(replace(WANT, environment={"A": "1", "B": "2"})) == content_hash(WANT)


def test_what_was_registered_is_found_under_its_identity() -> None:
    have = observed(answer(), WANT.tags)
    assert have
    assert have.name == TaskDefinitionKind().identify(WANT)
    assert (have.id, have.attrs["revision"], have.owner) == (ARN, "echo-0123456789:7", OWNER.mark)
    assert have.refs == {"/modelpoc/echo", "arn:secret", "arn:task"}
    assert TaskDefinitionKind().diff(WANT, have) == ()


def test_others_revisions_are_none_of_ours() -> None:
    foreign = answer()
    del foreign["containerDefinitions"][0]["dockerLabels"][CONTENT]
    assert observed(foreign, {}) is None
    assert observed({**foreign, "containerDefinitions": []}, {}) is None


def test_logs_never_hold_the_container_up() -> None:
    options = register_request(WANT)["containerDefinitions"][0]["logConfiguration"]["options"]
    assert options["mode"] == "non-blocking"
    assert options["max-buffer-size"] == "25m"
    assert (options["awslogs-group"], options["awslogs-stream-prefix"]) == ("/modelpoc/echo", "ecs")


def test_versions_stand_in_one_short_label() -> None:
    labels = register_request(WANT)["containerDefinitions"][0]["dockerLabels"]
    assert len(labels[VERSIONS]) == 10
    plain = register_request(replace(WANT, versions={}))["containerDefinitions"][0]["dockerLabels"]
    assert VERSIONS not in plain


def test_what_is_not_asked_for_is_left_to_the_image() -> None:
    bare = replace(WANT, command=None, health_command=None, task_role_arn=None)
    request = register_request(bare)
    assert "taskRoleArn" not in request
    assert not {"command", "healthCheck"} & request["containerDefinitions"][0].keys()


def test_the_health_command_is_run_without_a_shell() -> None:
    check = register_request(WANT)["containerDefinitions"][0]["healthCheck"]
    assert check["command"] == ["CMD", "curl", "localhost"]


def test_an_arn_tells_its_family() -> None:
    assert family_of(ARN) == "echo-0123456789"
