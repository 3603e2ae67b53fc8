"""Two POCs that want the same: the first serves on, the second says so and touches nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.failing import env, of_condition
from tests.world import Status, World, is_true, poc, wait_for

pytestmark = pytest.mark.e2e

OTHER = "elsewhere"


@pytest.fixture(scope="module", autouse=True)
def _namespace(world: World) -> None:
    world.kubectl("create", "namespace", OTHER)


def _conflicts(world: World, name: str, reason: str, namespace: str = "default") -> Status:
    """Its status once it says so. It owns nothing, and its URL is not said to be its own to use."""
    status = world.stalled(name, reason, 60, namespace)
    assert not is_true(status, "Ready")
    assert of_condition(status, "Ready")["reason"] == reason
    assert of_condition(status, "Reconciling")["status"] == "False"
    assert of_condition(status, "Routed")["status"] == "False"
    assert _owned(world, name, namespace) == []
    return status


def _owned(world: World, name: str, namespace: str = "default") -> list[str]:
    return [str(f) for f in aws_listing.owned_by(world.client, name, namespace)]


def _answers(world: World, name: str, revision: str, namespace: str = "default") -> None:
    world.ready(name, 60, namespace)
    assert world.predict(name, namespace=namespace).json()["revision"] == revision


def test_one_name_in_two_namespaces(world: World) -> None:
    world.apply(poc("twin", ecs={"env": env("first")}))
    _answers(world, "twin", "first")
    held = _owned(world, "twin")
    world.apply(poc("twin", namespace=OTHER, ecs={"env": env("second")}))
    status = _conflicts(world, "twin", "RouteConflict", OTHER)
    assert "/poc-deployment/twin" in of_condition(status, "Ready")["message"]
    assert _owned(world, "twin") == held
    assert world.predict("twin").json()["revision"] == "first"
    world.delete("twin")
    _answers(world, "twin", "second", OTHER)
    assert _owned(world, "twin") == []
    world.delete("twin", namespace=OTHER)


def test_one_name_in_two_namespaces_with_paths_of_their_own(world: World) -> None:
    world.apply(
        poc("side", ecs={"env": env("first")}),
        poc("side", namespace=OTHER, ecs={"env": env("second")}, route={"path": "/poc-deployment/other"}),
    )
    _answers(world, "side", "first")
    _answers(world, "side", "second", OTHER)


def test_one_path_twice(world: World) -> None:
    path = {"path": "/poc-deployment/shared"}
    world.apply(poc("path-one", route=path, ecs={"env": env("one")}))
    _answers(world, "path-one", "one")
    world.apply(poc("path-two", route=path, ecs={"env": env("two")}))
    status = _conflicts(world, "path-two", "RouteConflict")
    assert "route.path" in of_condition(status, "Ready")["message"]
    world.patch("path-two", {"route": {"path": "/poc-deployment/free"}})
    _answers(world, "path-two", "two")
    _answers(world, "path-one", "one")


def test_a_poc_that_serves_and_moves_to_a_taken_path(world: World) -> None:
    world.apply(poc("stays"), poc("moves", ecs={"env": env("moves")}))
    world.ready("stays")
    before = world.ready("moves")
    world.patch("moves", {"route": {"path": "/poc-deployment/stays"}})
    status = world.stalled("moves", "RouteConflict", 60)
    assert status["revision"] == before["revision"]
    assert world.ask(f"{before['url']}/predict", {"input": 1}).json()["revision"] == "moves"
    world.patch("moves", {"route": None})
    _answers(world, "moves", "moves")


def test_what_was_suspended_does_not_hold_its_path(world: World) -> None:
    path = {"path": "/poc-deployment/lent"}
    world.apply(poc("lender", route=path, ecs={"env": env("lender")}))
    world.ready("lender")
    world.patch("lender", {"suspend": True})
    world.reason("lender", "Suspended")
    world.apply(poc("borrower", route=path, ecs={"env": env("borrower")}))
    _answers(world, "borrower", "borrower")
    world.patch("lender", {"suspend": False})
    world.stalled("lender", "RouteConflict", 60)
    assert world.predict("borrower").json()["revision"] == "borrower"
    world.delete("borrower")
    _answers(world, "lender", "lender")


RACES = {
    "path": ({"path": "/poc-deployment/race"}, "RouteConflict"),
    "again": ({"path": "/poc-deployment/again"}, "RouteConflict"),
    "number": ({"priority": 4750}, "PriorityConflict"),
}
"""What three want at once, and what those are told that do not get it."""


@pytest.mark.parametrize("race", RACES)
def test_all_applied_at_the_same_instant(world: World, race: str) -> None:
    """One of them serves, whichever; the others say so. Nothing is torn between them."""
    route, conflict = RACES[race]
    names = [f"race-{race}-{letter}" for letter in "abc"]
    world.apply(*(poc(name, route=route, ecs={"env": env(name)}) for name in names))
    reasons: dict[str, Any] = {}

    def settled() -> bool:
        reasons.update({n: world.get(n).get("status", {}).get("reason") for n in names})
        return sorted(map(str, reasons.values())) == sorted(["Ready", conflict, conflict])

    assert wait_for(settled, 90), reasons
    winner = next(n for n in names if reasons[n] == "Ready")
    losers = [n for n in names if n != winner]
    assert world.predict(winner).json()["revision"] == winner
    assert [_owned(world, n) for n in losers] == [[], []]
    world.delete(winner)
    assert wait_for(lambda: "Ready" in [world.get(n)["status"].get("reason") for n in losers], 90)
    world.kubectl("delete", "modelpoc", *losers)
    assert [_owned(world, n) for n in names] == [[], [], []]


def test_a_given_priority_is_honoured_and_a_taken_one_is_told(world: World) -> None:
    world.apply(poc("prio-one", route={"priority": 4711}, ecs={"env": env("one")}))
    _answers(world, "prio-one", "one")
    assert world.get("prio-one")["status"]["placement"]["priority"] == 4711
    world.apply(poc("prio-two", route={"priority": 4711}))
    status = _conflicts(world, "prio-two", "PriorityConflict")
    assert "4711" in of_condition(status, "Ready")["message"]
    assert "route.priority" in of_condition(status, "Ready")["message"]
    assert world.predict("prio-one").json()["revision"] == "one"
    world.patch("prio-two", {"route": {"priority": None}})
    free = world.ready("prio-two")["placement"]["priority"]
    assert free not in (None, 4711)
    assert _priorities(world)[4711] == 1


def test_a_priority_that_becomes_free_is_taken(world: World) -> None:
    world.apply(poc("free-one", route={"priority": 4800}))
    world.ready("free-one")
    world.apply(poc("free-two", route={"priority": 4800}, ecs={"env": env("two")}))
    _conflicts(world, "free-two", "PriorityConflict")
    world.patch("free-one", {"route": {"priority": 4801}})
    _answers(world, "free-two", "two")


def test_a_poc_that_serves_and_asks_for_a_taken_priority(world: World) -> None:
    world.apply(poc("sits", route={"priority": 4850}), poc("wants", ecs={"env": env("wants")}))
    world.ready("sits")
    own = world.ready("wants")["placement"]["priority"]
    world.patch("wants", {"route": {"priority": 4850}})
    status = world.stalled("wants", "PriorityConflict", 60)
    assert status["placement"]["priority"] == own
    assert world.predict("wants").json()["revision"] == "wants"
    world.patch("wants", {"route": {"priority": 4851}})
    assert world.ready("wants")["placement"]["priority"] == 4851


def test_a_path_below_another(world: World) -> None:
    path = "/poc-deployment/parent"
    world.apply(
        poc("parent", ecs={"env": env("parent")}),
        poc("child", route={"path": f"{path}/child"}, ecs={"env": env("child")}),
    )
    _answers(world, "child", "child")
    _answers(world, "parent", "parent")


def test_someone_elses_rule_is_never_touched(world: World) -> None:
    """A rule that a person made by hand, at the priority and with the path that a POC wants."""
    elbv2 = world.client("elbv2")
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "by hand"}
    made = elbv2.create_rule(
        ListenerArn=listener,
        Priority=4900,
        Conditions=[{"Field": "path-pattern", "Values": ["/poc-deployment/by-hand"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
    )["Rules"][0]
    try:
        _seen(world, "DescribeRules")
        world.apply(poc("by-hand"), poc("by-number", route={"priority": 4900}))
        _conflicts(world, "by-hand", "RouteConflict")
        _conflicts(world, "by-number", "PriorityConflict")
        time.sleep(4)
        told = elbv2.describe_rules(RuleArns=[made["RuleArn"]])["Rules"][0]
        assert told == made
    finally:
        elbv2.delete_rule(RuleArn=made["RuleArn"])
    world.ready("by-hand", 60)
    world.ready("by-number", 60)


def _seen(world: World, listing: str) -> None:
    """The operator has listed twice: it knows what others made before now."""
    since = world.last_call()
    assert wait_for(lambda: [c["operation"] for c in world.operator_calls(since)].count(listing) > 1, 60)


def test_someone_elses_route_is_never_touched(world: World) -> None:
    world.apply(poc("neighbour"))
    world.ready("neighbour")  # so that there is a route whose target can be borrowed
    api = world.client("apigatewayv2")
    id = api.get_apis()["Items"][0]["ApiId"]
    target = api.get_routes(ApiId=id)["Items"][0]["Target"]
    made = api.create_route(ApiId=id, RouteKey="ANY /poc-deployment/routed", Target=target)
    try:
        _seen(world, "GetRoutes")
        world.apply(poc("routed"))
        _conflicts(world, "routed", "RouteConflict")
        assert api.get_route(ApiId=id, RouteId=made["RouteId"])["Target"] == target
    finally:
        api.delete_route(ApiId=id, RouteId=made["RouteId"])
    world.ready("routed", 60)


def _priorities(world: World) -> dict[int, int]:
    """How many rules of all listeners stand at which priority."""
    elbv2, found = world.client("elbv2"), {}
    for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
        for listener in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            for rule in elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                if not rule["IsDefault"]:
                    number = int(rule["Priority"])
                    found[number] = found.get(number, 0) + 1
    return found
