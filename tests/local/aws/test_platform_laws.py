"""What holds for every part of a platform, whatever it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.parts import (
    MAKERS,
    Maker,
    cluster,
    http_api,
    listener,
    load_balancer,
    route_settings,
    stage,
    vpc_link,
)

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import AnswerLost, Gone
from modelpoc.reconcile.resource import Observed, Phase

pytestmark = pytest.mark.local

CREATES: dict[str, str] = {"RouteSettings": "UpdateStage", "HttpApi": "CreateApi"}
every = pytest.mark.parametrize("maker", MAKERS, ids=lambda m: m.__name__)
taggable = pytest.mark.parametrize(
    "maker", [cluster, load_balancer, listener, vpc_link, http_api, stage], ids=lambda m: m.__name__
)


@every
async def test_creating_is_one_write_and_afterwards_nothing_differs(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    bench.calls()
    created = await bench.made(kind, want)
    calls = bench.calls()
    # Of integrations and authorizers AWS would make a second one: one look first.
    assert calls.total() == (2 if want.kind in ("Integration", "Authorizer") else 1)
    assert kind.diff(want, created) == ()
    assert created.owner == bench.owner.mark
    listed = (await bench.listed(kind))[want.name]
    assert (listed.id, listed.owner, listed.refs) == (created.id, created.owner, created.refs)
    assert listed.fields == created.fields
    assert kind.diff(want, listed) == ()
    assert await bench.diff(kind, want) == ()


@every
async def test_a_lost_answer_leaves_one_that_is_found(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    bench.fault(operation=CREATES.get(want.kind, f"Create{want.kind}"), reset="after")
    before = len(await bench.listed(kind))
    with pytest.raises(AnswerLost):
        await kind.create(bench.scope, want)
    listed = await bench.listed(kind)
    assert len(listed) == before + 1
    assert listed[want.name].owner == bench.owner.mark
    assert await bench.diff(kind, want) == ()


@every
async def test_what_was_deleted_is_gone_and_can_be_made_again(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    if want.kind == "VpcLink":
        await bench.settled(kind, want.name)
    remains = await kind.delete(bench.scope, created)
    assert remains is None or remains.state.phase is Phase.GOING
    await bench.gone(kind, want.name)
    assert want.name not in await bench.listed(kind)
    again = await bench.made(kind, want)
    assert kind.diff(want, again) == ()


@every
async def test_deleting_what_is_gone_is_no_trouble(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    await kind.delete(bench.scope, created)
    await bench.gone(kind, want.name)
    with bench.as_root() as scope, suppress(Gone):
        assert await kind.delete(scope, created) is None


@every
async def test_nothing_is_there_before_it_is_made(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    assert await bench.seen(kind, want.name) is None
    assert want.name not in await bench.listed(kind)


@pytest.mark.parametrize("maker", [m for m in MAKERS if m is not route_settings], ids=lambda m: m.__name__)
async def test_disowned_it_stays_and_is_no_longer_ours(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    await kind.disown(bench.scope, created)
    listed = await bench.listed(kind)
    assert [o for o in listed.values() if o.owner == bench.owner.mark] == []
    with bench.as_root() as scope:  # the operator may delete nothing but its own
        assert await kind.delete(scope, created) is None or want.kind == "VpcLink"  # it was there


@taggable
async def test_tags_are_mended_and_those_of_others_stay(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    tag_by_hand(bench, created, {"team": "other", "backup": "daily"})
    assert await bench.mended(kind, want) == {"tags"}
    have = await bench.seen(kind, want.name)
    assert have
    assert have.fields["tags"] == {**want.tags, "backup": "daily"}


@taggable
async def test_a_tag_no_longer_asked_for_comes_off(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    await bench.made(kind, want)
    await bench.settled(kind, want.name)
    fewer = replace(want, tags=tags.owner_tags(bench.owner, {}))
    assert await bench.mended(kind, fewer) == {"tags"}
    have = await bench.seen(kind, want.name)
    assert have
    assert have.fields["tags"] == fewer.tags


def tag_by_hand(bench: Bench, have: Observed, put: dict[str, str]) -> None:
    """Tags put on by somebody else."""
    match have.kind:
        case "Cluster":
            bench.client("ecs").tag_resource(resourceArn=have.id, tags=tags.to_list(put, "key", "value"))
        case "LoadBalancer" | "Listener":
            bench.client("elbv2").add_tags(ResourceArns=[have.id], Tags=tags.to_list(put))
        case _:
            bench.client("apigatewayv2").tag_resource(ResourceArn=have.attrs["arn"], Tags=put)
