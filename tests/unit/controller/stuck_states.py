"""POCs on ECS that need someone, or of which AWS tells nothing: see `states`."""

from __future__ import annotations

from typing import Any

from tests.unit.controller.held import PARAMETER, PLATFORM
from tests.unit.controller.service_states import ready, rolling_out, spec_just_changed, starting
from tests.unit.controller.story import BAD, WAITING, Story
from tests.unit.controller.told import LOST, LOST_EARLY, MUTE, STUCK, Told

from modelpoc.api.conditions import Reason
from modelpoc.controller.findings import Finding, Goal
from modelpoc.desired.allow import Fleet, Refusal
from modelpoc.reconcile.errors import Retry, Stall

LOGS = "essential container exited with code 1; its last lines:\n  ImportError: no module named tokenizers"
DENIED = Stall("AccessDenied", "CreateTargetGroup: User is not authorized (AccessDenied)")
NO_ANSWER = Retry("DescribeServices: no answer from AWS (Connect timeout)")
THROTTLED = Retry("ModifyTargetGroup: Rate exceeded (Throttling)")

STALLED = Told()


# Stuck


@STALLED(STUCK)
def route_conflict() -> Story:
    return Story().during(lambda held: held.take("ListenerRule", "path")).passed()


@STALLED(STUCK)
def priority_conflict() -> Story:
    return Story(route={"priority": 7}).during(lambda held: held.take("ListenerRule", "priority")).passed()


@STALLED(STUCK)
def owned_by_other() -> Story:
    return ready().during(lambda held: held.give_away("TargetGroup")).passed()


@STALLED(STUCK)
def secret_not_found() -> Story:
    return Story(ecs={"secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]}).passed()


@STALLED(STUCK)
def secret_key_not_found() -> Story:
    key = {"name": "echo", "key": "token"}
    return Story(ecs={"secrets": [{"name": "TOKEN", "secretKeyRef": key}]}).refused()


def _strict(allow: dict[str, Any], **spec: Any) -> Story:
    body = PLATFORM.spec.to_dict()
    strict = {**body, "allow": {**body["allow"], **allow}}
    platform = PLATFORM.model_validate({"metadata": PLATFORM.metadata, "spec": strict})
    return Story(platform=platform, **spec)


@STALLED(STUCK)
def secret_not_allowed() -> Story:
    secrets = [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]
    return _strict({"secretArns": ["arn:aws:ssm:*:team/*"]}, ecs={"secrets": secrets}).refused()


@STALLED(STUCK)
def image_not_allowed() -> Story:
    return _strict({"images": ["registry.example.org/*"]}).refused()


@STALLED(STUCK)
def role_not_allowed() -> Story:
    role = "arn:aws:iam::123456789012:role/admin"
    return _strict({"roleArns": ["arn:aws:iam::*:role/models-*"]}, ecs={"taskRoleArn": role}).refused()


@STALLED(STUCK)
def size_not_allowed_while_serving() -> Story:
    story = _strict({"maxCpu": 256}).ready().change(ecs={"cpu": 1024, "memory": 2048})
    return story.refused()


@STALLED(STUCK)
def namespace_not_allowed() -> Story:
    return _strict({"namespaces": ["models"]}).refused()


@STALLED(STUCK)
def limit_reached() -> Story:
    return _strict({"pocsPerPlatform": 2}).refused(Fleet(3, 1))


@STALLED(STUCK)
def platform_not_found() -> Story:
    words = "there is no ModelPlatform default: create it, or correct spec.platformRef.name"
    return Story().see(Finding(Goal.RUN, refusals=(Refusal(Reason.PLATFORM_NOT_FOUND, words),)))


@STALLED(STUCK)
def first_rollout_failed() -> Story:
    story = starting().during(lambda held: held.fail())
    story.held.explained["Service"] = LOGS
    return story.passed()


@STALLED(STUCK)
def rollout_failed_while_serving() -> Story:
    story = rolling_out()
    before = story.held.of_kind("Service").attrs["serving"]
    story.held.explained["Service"] = LOGS
    return story.during(lambda held: held.fail(back_to=before)).passed()


@STALLED(STUCK)
def access_denied() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = DENIED
    return story.passed()


@STALLED(STUCK)
def wrong_account() -> Story:
    return Story().failed(Stall("WrongAccount", "these credentials belong to 999999999999, not 123456789012"))


@STALLED(STUCK)
def quota_exceeded() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = Stall("QuotaExceeded", "CreateTargetGroup: TooManyTargetGroups")
    return story.passed()


@STALLED(STUCK)
def refused_by_aws() -> Story:
    story = Story()
    story.held.errors["TaskDefinition"] = Stall(
        "InvalidSpec", "RegisterTaskDefinition: bad value (ClientException)"
    )
    return story.passed()


@STALLED(STUCK)
def probe_failed() -> Story:
    story = Story()
    story.held.make()
    return story.passed(WAITING).passed(BAD)


# No answer from AWS


@STALLED(MUTE)
def aws_mute_at_first() -> Story:
    return Story().failed(NO_ANSWER)


@STALLED(MUTE)
def throttled_at_first() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = THROTTLED
    return story.passed()


@STALLED(LOST)
def aws_lost_while_serving() -> Story:
    return ready().failed(NO_ANSWER)


@STALLED(LOST_EARLY)
def aws_lost_while_rolling_out() -> Story:
    return rolling_out().failed(NO_ANSWER)


@STALLED(LOST_EARLY)
def aws_lost_after_a_change() -> Story:
    return spec_just_changed().failed(NO_ANSWER)


@STALLED(LOST)
def throttled_while_repairing() -> Story:
    story = ready().during(lambda held: held.change("TargetGroup", tags={}))
    story.held.errors["TargetGroup"] = THROTTLED
    return story.passed()
