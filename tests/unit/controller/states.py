"""An object for every state of docs/conditions.md, as the operator's own code writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.unit.controller.held import PARAMETER, PLATFORM, SETTLING, Held
from tests.unit.controller.story import BAD, START, WAITING, Story

from modelpoc.api.conditions import Condition, Reason
from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.store import Unreadable, read_poc
from modelpoc.controller.unreadable import invalid_status
from modelpoc.desired.allow import Fleet, Refusal
from modelpoc.reconcile.errors import Retry, Stall
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import State

UNSEEN, CHANGED = "not yet seen", "spec just changed"
BUILDING = "being built, rolled out or probed"
REPAIRED, DOWN = "being repaired or scaled, and answering", "being repaired, and not answering"
SERVING, STAND_IN = "serving", "stand-in image"
STUCK = "needs someone (conflict, not allowed, failed rollout, quota, …)"
MUTE, LOST = "AWS does not answer at first", "AWS no longer answers, Ready before"
LOST_EARLY = "AWS no longer answers, not Ready before"
GOING, RESTING, OBSERVED = "being suspended", "suspended, expired", "observing"
DELETED, BLOCKED = "being deleted", "deletion is stuck"

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


Tell = Callable[[], Story]
_TOLD: list[tuple[str, str, Tell]] = []


def _told(state: str) -> Callable[[Tell], Tell]:
    """The function's name names the case."""

    def add(tell: Tell) -> Tell:
        _TOLD.append((tell.__name__.replace("_", "-"), state, tell))
        return tell

    return add


def item_of(poc: ModelPOC) -> dict[str, Any]:
    return {
        "apiVersion": poc.api_version,
        "kind": poc.kind,
        "metadata": poc.metadata.to_dict(),
        "spec": poc.spec.to_dict(),
        "status": poc.status.to_dict(),
    }


def cases() -> Iterable[Case]:
    """Every case, from scratch."""
    for name, state, tell in _TOLD:
        story = tell()
        yield Case(name, state, item_of(story.poc), story.before.status.conditions)
    yield from (_not_yet_seen(), _invalid())


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
