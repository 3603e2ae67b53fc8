"""What holds for every part of a POC, whatever it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.function_parts import function, function_integration
from tests.local.aws.poc_parts import (
    Maker,
    listener_rule,
    log_group,
    role,
    scalable_target,
    scaling_policy,
    scheduled_action,
    secret,
    service,
    target_group,
    task_definition,
)
from tests.local.aws.sagemaker_parts import alarm, endpoint_config, model

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import AnswerLost, Gone
from modelpoc.reconcile.resource import Observed, Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

MAKERS: tuple[Maker, ...] = (
    log_group, target_group, listener_rule, task_definition, service, scalable_target, scaling_policy,
    scheduled_action, secret, function, function_integration, model, endpoint_config, alarm, role,
)  # fmt: skip
CALLS = {"LogGroup": 2, "Role": 2, "TargetGroup": 2, "Function": 2, "Integration": 2}
CREATES = {
    "ListenerRule": "CreateRule",
    "TaskDefinition": "RegisterTaskDefinition",
    "ScalableTarget": "RegisterScalableTarget",
    "ScalingPolicy": "PutScalingPolicy",
    "ScheduledAction": "PutScheduledAction",
    "Alarm": "PutMetricAlarm",
}
every = pytest.mark.parametrize("maker", MAKERS, ids=lambda m: m.__name__)
taggable = pytest.mark.parametrize(
    "maker",
    [
        log_group, target_group, listener_rule, task_definition, service, scalable_target, secret, function,
        model, endpoint_config, alarm, role,
    ],
    ids=lambda m: m.__name__,
)  # fmt: skip
REMEMBERED = {"Function": {"tried"}}
"""Attributes that only whoever wrote a thing knows of it; AWS does not tell them."""


@every
async def test_creating_takes_few_calls_and_afterwards_nothing_differs(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    bench.calls()
    created = await bench.made(kind, want)
    assert bench.calls().total() == CALLS.get(want.kind, 1)
    assert created.name == name
    assert kind.diff(want, created) == ()
    assert created.owner == bench.owner.mark
    listed = (await bench.listed(kind))[name]
    assert (listed.id, listed.owner, listed.refs) == (created.id, created.owner, created.refs)
    assert listed.claims == created.claims
    assert {**created.fields, **listed.fields} == created.fields
    assert kind.fast <= listed.fields.keys() | {"tags"}
    assert await bench.diff(kind, want) == ()
    seen = await bench.seen(kind, name)
    assert seen
    assert seen.fields == created.fields
    assert seen.attrs.keys() == created.attrs.keys() - REMEMBERED.get(want.kind, set())


@every
async def test_an_operator_that_knows_nothing_finds_it(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    created = await bench.made(kind, want)
    bench.inventory.deleted(kind.kind, name)
    listed = (await bench.listed(kind))[name]
    assert (listed.id, listed.owner) == (created.id, created.owner)
    assert kind.diff(want, listed) == ()


@every
async def test_a_lost_answer_leaves_one_that_is_found(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    bench.fault(operation=CREATES.get(want.kind, f"Create{want.kind}"), reset="after")
    before = len(await bench.listed(kind))
    with pytest.raises(AnswerLost):
        await kind.create(bench.scope, want)
    seen = await bench.seen(kind, name)
    assert seen
    assert seen.owner == bench.owner.mark
    await bench.mended(kind, want)
    assert len(await bench.listed(kind)) == before + 1


@every
async def test_what_was_deleted_is_gone_and_can_be_made_again(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    created = await bench.made(kind, want)
    remains = await kind.delete(bench.scope, created)
    assert remains is None or remains.state.phase is Phase.GOING
    await bench.gone(kind, name)
    assert name not in await bench.listed(kind)
    again = await bench.made(kind, want)
    assert kind.diff(want, again) == ()


@every
async def test_deleting_what_is_gone_is_no_trouble(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    created = await bench.made(kind, want)
    await kind.delete(bench.scope, created)
    await bench.gone(kind, name)
    with bench.as_root() as scope, suppress(Gone):
        assert await kind.delete(scope, created) is None


@every
async def test_nothing_is_there_before_it_is_made(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind, name = KINDS[want.kind], KINDS[want.kind].identify(want)
    assert await bench.seen(kind, name) is None
    assert name not in await bench.listed(kind)


@taggable
async def test_disowned_it_stays_and_is_no_longer_ours(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await kind.disown(bench.scope, created)
    bench.inventory.deleted(kind.kind, created.name)
    listed = await bench.listed(kind)
    if kind.kind == "ScalableTarget":  # without tags it is its service's owner's
        assert listed[created.name].fields["tags"].keys() == {"team"}
    else:
        assert [o for o in listed.values() if o.owner == bench.owner.mark and o.id == created.id] == []
    with bench.as_root() as scope:  # the operator may delete nothing but its own
        await kind.delete(scope, created)  # it was there


@taggable
async def test_tags_are_mended_and_those_of_others_stay(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    tag_by_hand(bench, created, {"team": "other", "backup": "daily"})
    assert await bench.mended(kind, want) == {"tags"}
    have = await bench.seen(kind, created.name)
    assert have
    assert have.fields["tags"] == {**created.fields["tags"], "backup": "daily"}


@taggable
async def test_a_tag_no_longer_asked_for_comes_off(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    fewer = replace(want, tags={**tags.owner_tags(bench.owner, {}), **named(want.tags)})
    assert await bench.mended(kind, fewer) == {"tags"}
    have = await bench.seen(kind, created.name)
    assert have
    assert "team" not in have.fields["tags"]
    assert have.owner == bench.owner.mark


def named(found: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if key == tags.RESOURCE}


def tag_by_hand(bench: Bench, have: Observed, put: dict[str, str]) -> None:
    """Tags put on by somebody else."""
    match have.kind:
        case "LogGroup":
            bench.client("logs").tag_resource(resourceArn=have.attrs["arn"], tags=put)
        case "TargetGroup" | "ListenerRule":
            bench.client("elbv2").add_tags(ResourceArns=[have.id], Tags=tags.to_list(put))
        case "TaskDefinition" | "Service":
            bench.client("ecs").tag_resource(resourceArn=have.id, tags=tags.to_list(put, "key", "value"))
        case "ScalableTarget":
            bench.client("application-autoscaling").tag_resource(ResourceARN=have.attrs["arn"], Tags=put)
        case "Role":
            bench.client("iam").tag_role(RoleName=have.name, Tags=tags.to_list(put))
        case "Function":
            bench.client("lambda").tag_resource(Resource=have.id, Tags=put)
        case "Model" | "EndpointConfig":
            bench.client("sagemaker").add_tags(ResourceArn=have.id, Tags=tags.to_list(put))
        case "Alarm":
            bench.client("cloudwatch").tag_resource(ResourceARN=have.id, Tags=tags.to_list(put))
        case "Secret":
            bench.client("secretsmanager").tag_resource(SecretId=have.id, Tags=tags.to_list(put))
