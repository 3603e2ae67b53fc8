"""Whose things are: tags, observing, adoption, leaving things behind."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.e2e.features import (
    MARK,
    definition,
    env,
    held,
    looked_again,
    mark_of,
    marked,
    platform_patch,
    revision,
    routes,
    rule,
    taggable,
    target_group,
    writes,
)
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("ownership")
    try:
        yield world
    finally:
        world.down()


# tags


def test_tags_reach_everything_and_go_again_while_those_of_others_stay(world: World) -> None:
    scaling = {"min": 1, "max": 2, "target": {"cpuPercent": 50}}
    secret = {"name": "T", "secretKeyRef": {"name": "tagged", "key": "t"}}
    metadata = {"name": "tagged", "namespace": "default", "labels": {"modelpoc.dev/use": "true"}}
    world.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"t": "x"}})
    world.apply(
        poc("tags", tags={"team": "data", "cost": "12"}, ecs={"scaling": scaling, "secrets": [secret]})
    )
    world.ready("tags")
    mark = mark_of(world, "tags")
    mine = {arn: t for arn, t in taggable(world).items() if t.get(MARK) == mark}
    kinds = (":log-group:", ":targetgroup/", ":listener-rule/", ":task-definition/", ":service/", ":secret:")
    assert all(any(kind in arn for arn in mine) for kind in kinds), sorted(mine)
    assert any(arn.startswith("service/") for arn in mine), "the scalable target is tagged too"
    assert all((t.get("team"), t.get("cost")) == ("data", "12") for t in mine.values())

    arn = target_group(world, "tags")["TargetGroupArn"]
    world.client("elbv2").add_tags(ResourceArns=[arn], Tags=[{"Key": "theirs", "Value": "stays"}])
    world.patch("tags", {"tags": {"team": None, "cost": "13"}})

    def retagged() -> bool:
        now = [t for t in taggable(world).values() if t.get(MARK) == mark]
        live = [t for t in now if t.get("modelpoc.dev/resource")]
        return all("team" not in t and t.get("cost") == "13" for t in live)

    assert wait_for(retagged, 60), [t for t in taggable(world).values() if t.get(MARK) == mark]
    world.ready("tags")
    assert taggable(world)[arn]["theirs"] == "stays"
    world.delete("tags")
    assert not marked(world, mark)


def test_a_platforms_tags_are_on_its_own_parts_and_on_its_pocs(world: World) -> None:
    world.apply(poc("under-tags"))
    world.ready("under-tags")
    platform_patch(world, {"tags": {"dept": "ml"}})

    def everywhere() -> bool:
        return all(t.get("dept") == "ml" for t in taggable(world).values() if MARK in t)

    assert wait_for(everywhere, 60), taggable(world)
    platform_patch(world, {"tags": None})
    assert wait_for(lambda: not any("dept" in t for t in taggable(world).values()), 60)
    world.delete("under-tags")


# observing


def test_observing_plans_and_touches_nothing_until_it_ends(world: World) -> None:
    watched = poc("observed")
    watched["metadata"]["annotations"] = {"modelpoc.dev/mode": "observe"}
    since = world.last_call()
    world.apply(watched)
    status = world.reason("observed", "Observing")
    assert not [c for c in status["conditions"] if c["type"] == "Ready"]
    planned = {(p["action"], p["kind"]) for p in status["plan"]}
    kinds = {"LogGroup", "TargetGroup", "ListenerRule", "TaskDefinition", "Service", "Route"}
    assert {("create", kind) for kind in kinds} <= planned
    looked_again(world)
    assert not writes(world, since, "observed")
    assert not world.get("observed")["metadata"].get("finalizers")

    world.annotate("observed", "modelpoc.dev/mode-")
    assert not world.ready("observed").get("plan")

    world.annotate("observed", "modelpoc.dev/mode=observe")
    world.patch("observed", {"ecs": {"memory": 1024}})
    since = world.last_call()
    status = world.until("observed", lambda s: s.get("reason") == "Observing" and bool(s.get("plan")))
    assert any("Service" in p["kind"] for p in status["plan"])
    looked_again(world)
    assert definition(world, "observed")["memory"] == "512"
    assert not writes(world, since)
    assert world.predict("observed").status == 200, "what runs goes on"

    world.annotate("observed", "modelpoc.dev/mode-")
    world.ready("observed")
    assert definition(world, "observed")["memory"] == "1024"
    world.delete("observed")


def test_deleting_while_observing_waits_and_tells_what_would_go(world: World) -> None:
    world.apply(poc("watched-to-the-end"))
    world.ready("watched-to-the-end")
    mark = mark_of(world, "watched-to-the-end")
    world.annotate("watched-to-the-end", "modelpoc.dev/mode=observe")
    world.reason("watched-to-the-end", "Observing")
    since = world.last_call()
    world.kubectl("delete", "modelpoc", "watched-to-the-end", "--wait=false")
    planned = world.until("watched-to-the-end", lambda s: bool(s.get("plan")))["plan"]
    assert {p["action"] for p in planned} == {"delete"}
    assert not writes(world, since)
    world.annotate("watched-to-the-end", "modelpoc.dev/mode-")
    world.delete("watched-to-the-end")
    assert not marked(world, mark)


# adoption


def test_what_belongs_to_no_one_is_left_alone_until_adoption_is_asked_for(world: World) -> None:
    name = "/modelpoc/default/default/adopts"
    logs = world.client("logs")
    logs.create_log_group(logGroupName=name, tags={"keep": "this"})
    looked_again(world)
    world.apply(poc("adopts"))
    status = world.stalled("adopts", "OwnedByOther")
    message = next(c["message"] for c in status["conditions"] if c["type"] == "Ready")
    assert name in message
    assert "modelpoc.dev/adopt" in message
    assert dict(logs.list_tags_log_group(logGroupName=name)["tags"]) == {"keep": "this"}
    assert not held(world, "adopts")

    world.annotate("adopts", "modelpoc.dev/adopt=true")
    world.ready("adopts")
    tags = logs.list_tags_log_group(logGroupName=name)["tags"]
    assert tags["keep"] == "this"
    assert MARK in tags
    world.delete("adopts")
    assert not held(world, "adopts")


def test_an_unowned_route_is_a_conflict_and_can_be_adopted(world: World) -> None:
    gateway = world.client("apigatewayv2")
    api = gateway.get_apis()["Items"][0]["ApiId"]
    target = gateway.get_integrations(ApiId=api)["Items"][0]["IntegrationId"]
    key = "ANY /poc-deployment/by-hand"
    made = gateway.create_route(
        ApiId=api, RouteKey=key, Target=f"integrations/{target}", OperationName="hand"
    )
    looked_again(world)
    world.apply(poc("by-hand"))
    world.stalled("by-hand", "RouteConflict")
    assert routes(world)[f"{api}/{key}"]["OperationName"] == "hand"
    assert not held(world, "by-hand")

    world.annotate("by-hand", "modelpoc.dev/adopt=true")
    world.ready("by-hand")
    assert routes(world)[f"{api}/{key}"]["RouteId"] == made["RouteId"], "the same route, taken over"
    world.delete("by-hand")
    assert f"{api}/{key}" not in routes(world)


# leaving things behind


def test_retain_leaves_all_running_and_unowned_until_it_is_adopted_again(world: World) -> None:
    world.apply(poc("retained", deletionPolicy="Retain", ecs={"env": env(REVISION="kept")}))
    url = world.ready("retained")["predictUrl"]
    mark = mark_of(world, "retained")
    before = marked(world, mark)
    world.delete("retained")
    assert not marked(world, mark)
    swept(world)
    answer = world.ask(url, {"input": 1})
    assert (answer.status, answer.json()["revision"]) == (200, "kept")
    there = {*taggable(world), *routes(world)}
    assert before <= there

    world.apply(poc("retained", ecs={"env": env(REVISION="kept")}))
    world.stalled("retained", "OwnedByOther")
    assert world.ask(url, {"input": 1}).status == 200
    world.annotate("retained", "modelpoc.dev/adopt=true")
    world.ready("retained")
    assert revision(world, "retained") == "kept"
    assert before & {a for a in before if ":service/" in a or ":targetgroup/" in a} <= marked(world, mark)
    world.delete("retained")
    assert not marked(world, mark)
    assert not before & {a for a in taggable(world) if ":service/" in a or ":targetgroup/" in a}


def swept(world: World) -> None:
    """Returns after the sweep has had its turn at least once more (every 4 s here), and looked at AWS."""
    looked_again(world, times=3)


def test_orphaning_lets_deletion_finish_and_leaves_only_what_is_stuck(world: World) -> None:
    world.apply(poc("stuck"))
    world.ready("stuck")
    mark = mark_of(world, "stuck")
    group = target_group(world, "stuck")["TargetGroupArn"]
    listener = rule(world, "stuck")["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    elb = world.client("elbv2")
    foreign = elb.create_rule(
        ListenerArn=listener,
        Priority=40000,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/foreign"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Rules"][0]["RuleArn"]
    world.kubectl("delete", "modelpoc", "stuck", "--wait=false")
    assert wait_for(lambda: not any(":service/" in arn for arn in marked(world, mark)), 60)
    looked_again(world)
    status = world.get("stuck")["status"]
    assert group.rpartition(":")[2] in json.dumps(status) or "TargetGroup" in json.dumps(status["conditions"])

    world.annotate("stuck", "modelpoc.dev/orphan=true")
    world.delete("stuck")
    assert not marked(world, mark)
    left = [a for a in taggable(world) if "/stuck" in a]
    assert left == [group], "all that could go went; what is held stays, and is no one's"
    elb.delete_rule(RuleArn=foreign)


def test_orphaning_takes_away_what_can_go_when_nothing_is_stuck(world: World) -> None:
    free = poc("free")
    free["metadata"]["annotations"] = {"modelpoc.dev/orphan": "true"}
    world.apply(free)
    world.ready("free")
    mark = mark_of(world, "free")
    world.delete("free")
    assert not marked(world, mark)
    assert not [a for a in taggable(world) if "/free" in a or (":log-group:" in a and "/free:" in a)]
