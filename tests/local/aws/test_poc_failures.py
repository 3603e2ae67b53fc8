"""A call that fails half-way leaves what the next pass only has to finish."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.poc_parts import (
    Maker,
    log_group,
    scalable_target,
    scheduled_action,
    service,
    target_group,
)

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.scaling import ScalableTarget
from modelpoc.reconcile.errors import CloudError, NotYet
from modelpoc.reconcile.resource import Resource

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local


@pytest.mark.parametrize(
    ("maker", "second", "field"),
    [
        (log_group, "PutRetentionPolicy", "retention_days"),
        (target_group, "ModifyTargetGroupAttributes", "deregistration_delay"),
    ],
)
@pytest.mark.parametrize("how", [{"error": "throttle"}, {"reset": "before"}])
async def test_a_create_cut_short_leaves_a_field_to_mend(
    bench: Bench, maker: Maker, second: str, field: str, how: dict[str, Any]
) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    bench.fault(operation=second, **how)
    with pytest.raises(CloudError):
        await kind.create(bench.scope, want)
    known = bench.inventory.get(want.kind, want.name)
    assert known
    assert {c.field for c in kind.diff(want, known)} == {field}
    assert await bench.mended(kind, want) == {field}


def other(want: Resource) -> Resource:
    more: dict[str, Any] = {"tags": {**getattr(want, "tags", {}), "team": "other"}}
    match want.kind:
        case "LogGroup":
            return replace(want, **more, retention_days=3)
        case "TargetGroup":
            return replace(want, **more, health_path="/", deregistration_delay=5)
        case "Service":
            return replace(want, **more, grace_seconds=1)
        case _:
            return replace(want, **more, max=9)


@pytest.mark.parametrize(
    ("maker", "operation", "left"),
    [
        (log_group, "TagResource", {"tags"}),
        (target_group, "ModifyTargetGroupAttributes", {"tags", "deregistration_delay"}),
        (target_group, "AddTags", {"tags"}),
        (service, "TagResource", {"tags"}),
        (scalable_target, "TagResource", {"tags", "limits"}),  # the limits asked for stand in a tag
    ],
)
async def test_an_update_cut_short_has_written_down_what_it_did(
    bench: Bench, maker: Maker, operation: str, left: set[str]
) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    have = await bench.made(kind, want)
    wanted = other(want)
    bench.fault(operation=operation, error="throttle")
    with pytest.raises(CloudError):
        await kind.update(bench.scope, wanted, have, kind.diff(wanted, have))
    known = bench.inventory.get(kind.kind, have.name)
    assert known
    assert {c.field for c in kind.diff(wanted, known)} == left
    assert await bench.mended(kind, wanted) == left


async def test_scaling_waits_for_its_service(bench: Bench) -> None:
    want = ScalableTarget(name="service/nowhere/echo-0123456789", min=1, max=2, tags=bench.tags)
    with pytest.raises(NotYet):
        await KINDS["ScalableTarget"].create(bench.scope, want)


async def test_an_action_waits_for_its_target(bench: Bench) -> None:
    want: Any = await scheduled_action(bench)
    target = bench.inventory.of_kind("ScalableTarget")[0]
    await KINDS["ScalableTarget"].delete(bench.scope, target)
    with pytest.raises(NotYet):
        await KINDS["ScheduledAction"].create(bench.scope, want)


async def test_limits_that_a_schedule_moves_are_not_moved_back(bench: Bench) -> None:
    kind = KINDS["ScalableTarget"]
    plain = await scalable_target(bench)
    want: Any = replace(plain, scheduled=True)
    await bench.made(kind, want)
    place = {**want.place, "MinCapacity": 1, "MaxCapacity": 1}
    bench.client("application-autoscaling").register_scalable_target(**place)
    assert await bench.mended(kind, want) == set()
    changed = replace(want, max=5)
    assert await bench.mended(kind, changed) == {"limits"}
    have = await bench.seen(kind, want.name)
    assert have
    assert (have.fields["min"], have.fields["max"]) == (0, 5)


async def test_services_are_described_ten_at_a_time(bench: Bench) -> None:
    kind, one = KINDS["Service"], await service(bench)
    cluster = one.name.partition("/")[0]
    for _ in range(12):
        name = bench.name()
        await bench.made(kind, replace(one, name=f"{cluster}/{name}", service_name=name))
    bench.calls()
    found = await bench.listed(kind)
    assert len(found) == 12
    assert bench.calls() == {"ListServices": 1, "DescribeServices": 2}
