"""An object for every state of docs/conditions.md, as the operator's own code writes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.unit.controller.endpoint_states import ENDPOINTS
from tests.unit.controller.held import PARAMETER, PLATFORM, SETTLING, Held, HeldPlatform, poc
from tests.unit.controller.story import BAD, START, STEP, WAITING, Story
from tests.unit.controller.told import (
    BLOCKED,
    BUILDING,
    CHANGED,
    DELETED,
    DOWN,
    GOING,
    LOST,
    LOST_EARLY,
    MUTE,
    OBSERVED,
    REPAIRED,
    RESTING,
    SERVING,
    STAND_IN,
    STUCK,
    UNSEEN,
    Told,
)  # fmt: skip

from modelpoc.api.conditions import Condition, Reason
from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.meta import FINALIZER
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.platform_status import base_url, platform_status, platform_summary
from modelpoc.controller.store import Unreadable, read_poc
from modelpoc.controller.summary import Motion, Summary
from modelpoc.controller.unreadable import invalid_status
from modelpoc.desired.allow import Fleet, Refusal
from modelpoc.reconcile.errors import Retry, Stall
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import State

LOGS = "essential container exited with code 1; its last lines:\n  ImportError: no module named tokenizers"
DENIED = Stall("AccessDenied", "CreateTargetGroup: User is not authorized (AccessDenied)")
NO_ANSWER = Retry("DescribeServices: no answer from AWS (Connect timeout)")
THROTTLED = Retry("ModifyTargetGroup: Rate exceeded (Throttling)")


@dataclass(frozen=True)
class Case:
    """One object in one state. `before`: its conditions before the last thing that happened."""

    name: str
    state: str
    item: dict[str, Any]
    before: tuple[Condition, ...] = ()

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.item["status"]
        return status

    def condition(self, kind: str) -> dict[str, Any] | None:
        return next((c for c in self.status.get("conditions", []) if c["type"] == kind), None)


_told = Told()


def item_of(poc: ModelPOC | ModelPlatform) -> dict[str, Any]:
    return {
        "apiVersion": poc.api_version,
        "kind": poc.kind,
        "metadata": poc.metadata.to_dict(),
        "spec": poc.spec.to_dict(),
        "status": poc.status.to_dict(),
    }


@cache
def cases() -> tuple[Case, ...]:
    """Every case, made once."""
    return tuple(_cases())


def _cases() -> Iterable[Case]:
    for name, state, tell in TOLD:
        story = tell()
        yield Case(name, state, item_of(story.poc), story.before.status.conditions)
    yield from (_not_yet_seen(), _invalid())
    yield from (told() for told in _OF_PLATFORMS)


def _not_yet_seen() -> Case:
    """What the API server makes of a manifest: the default of status is the CRD's."""
    item = item_of(Story().poc)
    item["metadata"].pop("finalizers")
    return Case("not-yet-seen", UNSEEN, {**item, "status": {"observedGeneration": -1}})


def _invalid() -> Case:
    """Let through by an older CRD."""
    item = item_of(Story().poc)
    item["spec"] = {"ecs": {"image": "local/echo:1", "cpu": 3, "memroy": 512}}
    poc = read_poc(item)
    assert isinstance(poc, Unreadable)
    status = invalid_status(poc, START)
    return Case("invalid-spec", STUCK, {**item, "status": status})


@_told(CHANGED)
def spec_just_changed() -> Story:
    return Story().ready().change(ecs={"image": "local/echo:2"})


@_told(CHANGED)
def just_resumed() -> Story:
    return suspended().change(suspend=False)


# Being made


@_told(BUILDING)
def creating() -> Story:
    return Story().passed()


@_told(BUILDING)
def starting() -> Story:
    """The first task comes up: something serves already, and it is still the first time."""
    return Story().passed().during(_make_settling).passed()


def _make_settling(held: Held) -> None:
    held.make(until=lambda s: s.kind == "Route")
    held.state("Service", SETTLING)


@_told(BUILDING)
def rolling_out() -> Story:
    return spec_just_changed().during(Held.roll_out).passed()


@_told(BUILDING)
def probing() -> Story:
    story = Story()
    story.held.make()
    return story.passed(WAITING)


@_told(BUILDING)
def waiting_for_the_platform() -> Story:
    refusal = Refusal(Reason.PLATFORM_NOT_READY, "platform default is not ready: wait VpcLink models")
    return Story().see(Finding(Goal.RUN, refusals=(refusal,)))


# Serving


@_told(SERVING)
def ready() -> Story:
    return Story().ready()


@_told(SERVING)
def ready_with_a_secret() -> Story:
    return Story(ecs={"secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]}).ready()


@_told(STAND_IN)
def placeholder() -> Story:
    return Story(ecs={"image": PLACEHOLDER}).ready()


@_told(REPAIRED)
def tags_changed_by_hand() -> Story:
    return ready().during(lambda held: held.change("TargetGroup", tags={})).passed()


@_told(REPAIRED)
def scaling_out() -> Story:
    story = Story(ecs={"scaling": {"min": 1, "max": 3, "target": {"cpuPercent": 60}}}).ready()
    return story.during(
        lambda held: held.state("Service", State(SETTLING.phase, message="1/2 tasks running"))
    ).passed()


@_told(DOWN)
def route_deleted_by_hand() -> Story:
    return ready().during(lambda held: held.inventory.deleted(*held.of_kind("Route").key)).passed()


@_told(DOWN)
def task_died() -> Story:
    died = State(SETTLING.phase, "RollingOut", "0/1 tasks running, 1 starting")
    return ready().during(lambda held: held.state("Service", died, running=0)).passed()


# Stuck


@_told(STUCK)
def route_conflict() -> Story:
    return Story().during(lambda held: held.take("ListenerRule", "path")).passed()


@_told(STUCK)
def priority_conflict() -> Story:
    return Story(route={"priority": 7}).during(lambda held: held.take("ListenerRule", "priority")).passed()


@_told(STUCK)
def owned_by_other() -> Story:
    return ready().during(lambda held: held.give_away("TargetGroup")).passed()


@_told(STUCK)
def secret_not_found() -> Story:
    return Story(ecs={"secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]}).passed()


@_told(STUCK)
def secret_key_not_found() -> Story:
    key = {"name": "echo", "key": "token"}
    return Story(ecs={"secrets": [{"name": "TOKEN", "secretKeyRef": key}]}).refused()


def _strict(allow: dict[str, Any], **spec: Any) -> Story:
    body = PLATFORM.spec.to_dict()
    strict = {**body, "allow": {**body["allow"], **allow}}
    platform = PLATFORM.model_validate({"metadata": PLATFORM.metadata, "spec": strict})
    return Story(platform=platform, **spec)


@_told(STUCK)
def secret_not_allowed() -> Story:
    secrets = [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]
    return _strict({"secretArns": ["arn:aws:ssm:*:team/*"]}, ecs={"secrets": secrets}).refused()


@_told(STUCK)
def image_not_allowed() -> Story:
    return _strict({"images": ["registry.example.org/*"]}).refused()


@_told(STUCK)
def role_not_allowed() -> Story:
    role = "arn:aws:iam::123456789012:role/admin"
    return _strict({"roleArns": ["arn:aws:iam::*:role/models-*"]}, ecs={"taskRoleArn": role}).refused()


@_told(STUCK)
def size_not_allowed_while_serving() -> Story:
    story = _strict({"maxCpu": 256}).ready().change(ecs={"cpu": 1024, "memory": 2048})
    return story.refused()


@_told(STUCK)
def namespace_not_allowed() -> Story:
    return _strict({"namespaces": ["models"]}).refused()


@_told(STUCK)
def limit_reached() -> Story:
    return _strict({"pocsPerPlatform": 2}).refused(Fleet(3, 1))


@_told(STUCK)
def platform_not_found() -> Story:
    words = "there is no ModelPlatform default: create it, or correct spec.platformRef.name"
    return Story().see(Finding(Goal.RUN, refusals=(Refusal(Reason.PLATFORM_NOT_FOUND, words),)))


@_told(STUCK)
def first_rollout_failed() -> Story:
    story = starting().during(lambda held: held.fail())
    story.held.explained["Service"] = LOGS
    return story.passed()


@_told(STUCK)
def rollout_failed_while_serving() -> Story:
    story = rolling_out()
    before = story.held.of_kind("Service").attrs["serving"]
    story.held.explained["Service"] = LOGS
    return story.during(lambda held: held.fail(back_to=before)).passed()


@_told(STUCK)
def access_denied() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = DENIED
    return story.passed()


@_told(STUCK)
def wrong_account() -> Story:
    return Story().failed(Stall("WrongAccount", "these credentials belong to 999999999999, not 123456789012"))


@_told(STUCK)
def quota_exceeded() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = Stall("QuotaExceeded", "CreateTargetGroup: TooManyTargetGroups")
    return story.passed()


@_told(STUCK)
def refused_by_aws() -> Story:
    story = Story()
    story.held.errors["TaskDefinition"] = Stall(
        "InvalidSpec", "RegisterTaskDefinition: bad value (ClientException)"
    )
    return story.passed()


@_told(STUCK)
def probe_failed() -> Story:
    story = Story()
    story.held.make()
    return story.passed(WAITING).passed(BAD)


# No answer from AWS


@_told(MUTE)
def aws_mute_at_first() -> Story:
    return Story().failed(NO_ANSWER)


@_told(MUTE)
def throttled_at_first() -> Story:
    story = Story()
    story.held.errors["TargetGroup"] = THROTTLED
    return story.passed()


@_told(LOST)
def aws_lost_while_serving() -> Story:
    return ready().failed(NO_ANSWER)


@_told(LOST_EARLY)
def aws_lost_while_rolling_out() -> Story:
    return rolling_out().failed(NO_ANSWER)


@_told(LOST_EARLY)
def aws_lost_after_a_change() -> Story:
    return spec_just_changed().failed(NO_ANSWER)


@_told(LOST)
def throttled_while_repairing() -> Story:
    story = ready().during(lambda held: held.change("TargetGroup", tags={}))
    story.held.errors["TargetGroup"] = THROTTLED
    return story.passed()


# At rest


@_told(GOING)
def suspending() -> Story:
    return ready().change(suspend=True).passed(goal=Goal.SUSPEND)


@_told(GOING)
def expiring() -> Story:
    story = Story(ttl="1m").ready()
    return story.passed(goal=Goal.EXPIRE)


@_told(RESTING)
def suspended() -> Story:
    story = suspending()
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.SUSPEND)


@_told(RESTING)
def expired() -> Story:
    story = expiring()
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.EXPIRE)


@_told(RESTING)
def suspended_from_the_start() -> Story:
    story = Story(suspend=True)
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.SUSPEND)


@_told(OBSERVED)
def observing_before_creation() -> Story:
    return Story().passed(goal=Goal.OBSERVE)


@_told(OBSERVED)
def observing_while_serving() -> Story:
    return ready().passed(goal=Goal.OBSERVE)


@_told(OBSERVED)
def observing_a_conflict() -> Story:
    return Story().during(lambda held: held.take("ListenerRule", "path")).passed(goal=Goal.OBSERVE)


# Going


@_told(DELETED)
def deleting() -> Story:
    return ready().delete().passed(goal=Goal.DELETE)


@_told(DELETED)
def draining() -> Story:
    def drain(held: Held) -> None:
        held.make(Graph(), until=lambda s: s.kind == "Service")
        held.drain()

    return deleting().during(drain).passed(goal=Goal.DELETE)


@_told(BLOCKED)
def deletion_blocked() -> Story:
    story = deleting()
    story.held.errors["Route"] = Stall(
        "Blocked", "DeleteRoute: deletion protection is on (OperationNotPermitted)"
    )
    return story.passed(goal=Goal.DELETE)


@_told(BLOCKED)
def deletion_without_platform() -> Story:
    words = "there is no ModelPlatform default: create it, or correct spec.platformRef.name"
    refusal = Refusal(Reason.PLATFORM_NOT_FOUND, words)
    return ready().delete().see(Finding(Goal.DELETE, refusals=(refusal,)))


TOLD = (*_told, *ENDPOINTS)


# Platforms


class PlatformStory:
    """A platform's life, pass by pass."""

    def __init__(self) -> None:
        born = {"creationTimestamp": START, "finalizers": [FINALIZER], "generation": 1, "name": "default"}
        self.now = START
        self.platform = ModelPlatform.model_validate({"metadata": born, "spec": PLATFORM.spec})
        self.held = HeldPlatform(poc(), platform=self.platform)
        self.before = self.platform

    def see(self, found: Finding, whole: Summary | None = None) -> PlatformStory:
        self.now += STEP
        places = self.held.places()
        said = whole or platform_summary(found, self.platform.status, base_url(self.platform, places))
        status = platform_status(self.platform, found, said, places, self.held.inventory, 0, self.now)
        self.before = self.platform
        self.platform = self.platform.model_copy(update={"status": status})
        return self

    def passed(self, goal: Goal = Goal.RUN) -> PlatformStory:
        outcome = self.held.outcome(Graph() if goal is Goal.DELETE else None)
        return self.see(Finding(goal, self.platform.metadata.generation, outcome=outcome))

    def ready(self) -> PlatformStory:
        self.held.make()
        return self.passed()

    def meta(self, **update: Any) -> PlatformStory:
        meta = self.platform.metadata.model_copy(update=update)
        self.platform = self.platform.model_copy(update={"metadata": meta})
        return self

    def case(self, name: str, state: str) -> Case:
        return Case(f"platform-{name}", state, item_of(self.platform), self.before.status.conditions)


def _platform_creating() -> Case:
    return PlatformStory().passed().case("creating", BUILDING)


def _platform_changed() -> Case:
    """Another integration is due after a change of its spec: that is no repair."""
    story = PlatformStory().ready().meta(generation=2)
    story.held.inventory.deleted(*story.held.of_kind("Integration").key)
    return story.passed().case("changed", BUILDING)


def _platform_ready() -> Case:
    return PlatformStory().ready().case("ready", SERVING)


def _platform_repaired() -> Case:
    story = PlatformStory().ready()
    story.held.change("LoadBalancer", tags={})
    return story.passed().case("repaired", REPAIRED)


def _platform_down() -> Case:
    story = PlatformStory().ready()
    story.held.inventory.deleted(*story.held.of_kind("Integration").key)
    return story.passed().case("down", DOWN)


def _platform_denied() -> Case:
    story = PlatformStory()
    story.held.errors["Cluster"] = Stall("AccessDenied", "CreateCluster: not authorized (AccessDenied)")
    return story.passed().case("access-denied", STUCK)


def _platform_in_the_wrong_account() -> Case:
    error = Stall("WrongAccount", "these credentials belong to 999999999999, not 123456789012")
    return PlatformStory().see(Finding(Goal.RUN, 1, trouble=error)).case("wrong-account", STUCK)


def _platform_lost() -> Case:
    return PlatformStory().ready().see(Finding(Goal.RUN, 1, trouble=NO_ANSWER)).case("lost", LOST)


def _platform_mute() -> Case:
    return PlatformStory().see(Finding(Goal.RUN, 1, trouble=NO_ANSWER)).case("mute", MUTE)


def _platform_in_use() -> Case:
    story = PlatformStory().ready().meta(generation=2, deletion_timestamp=START + STEP)
    words = "2 POCs use it (default/a, default/b): delete them first"
    whole = Summary(Motion.PROGRESS, Reason.WAITING_FOR_POCS, words)
    return story.see(Finding(Goal.DELETE, 2), whole).case("in-use", DELETED)


def _platform_deleting() -> Case:
    story = PlatformStory().ready().meta(generation=2, deletion_timestamp=START + STEP)
    return story.passed(Goal.DELETE).case("deleting", DELETED)


_OF_PLATFORMS = (
    _platform_creating,
    _platform_changed,
    _platform_ready,
    _platform_repaired,
    _platform_down,
    _platform_denied,
    _platform_in_the_wrong_account,
    _platform_lost,
    _platform_mute,
    _platform_in_use,
    _platform_deleting,
)
