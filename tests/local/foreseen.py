"""A plan as `modelpoc plan` makes it, and whether the calls made afterwards were the ones it showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from tests.local.engine_world import DOUBT, NO_RATES, Operator
from tests.local.wire.ledger import BY_KEY, Ledger, Thing, base
from tests.local.wire.operations import Recorded

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.act import Ages, Engine
from modelpoc.reconcile.foresee import foresee
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.plan import Plan, Rules, Step, Verb

CLOSELY = Ages(listing=300.0, settling=0.0, deep=0.0)
Shown = dict[Thing, tuple[str, frozenset[str]]]

ALLOCATED = {("ListenerRule", "priority"), ("Service", "desired_count"), ("Function", "code")}
"""What a new thing is told and no plan shows: a number that is free then, a first count, a package."""
UNTOLD = {("Model", "versions")}
"""What stands in the hash of a new thing's name alone."""
_ONE = {
    ("ListenerRule", "rewrite_from"): "rewrite",
    ("ListenerRule", "rewrite_to"): "rewrite",
    ("ScalingPolicy", "load_balancer_arn"): "label",
    ("ScalingPolicy", "target_group_arn"): "label",
    ("ScalableTarget", "limits"): None,
    ("Integration", "type"): None,
}
"""Fields that one parameter carries; None: a note of the operator's to itself."""


class Looker:
    """Somebody with credentials of their own, who only looks."""

    def __init__(self, operator: Operator) -> None:
        self._operator, aws = operator, operator.cloud.aws
        who = aws.admin
        session = boto3.Session(who.access_key, who.secret_key, region_name=aws.region)
        self._scope = AwsScope(
            aws.account, aws.region, inventory=Inventory(doubt_seconds=DOUBT), session=session,
            endpoint_url=aws.endpoint_url, limits=NO_RATES,
        )  # fmt: skip
        self._scope.new_role_seconds = 0.0
        self._engine = Engine(KINDS, self._scope, self._scope.inventory)

    def plan(self, name: str) -> Plan:
        """Of a POC as its spec is now; nothing is remembered of an earlier look."""
        self._scope.inventory = Inventory(doubt_seconds=DOUBT)
        self._engine = Engine(KINDS, self._scope, self._scope.inventory)
        found: Plan = self._operator.run(self._planned(name))
        return found

    async def _planned(self, name: str) -> Plan:
        graph, mark = self._operator.graph(name), self._operator.mark(name)
        await self._engine.observe(self._operator.platform_graph(), self._operator.platform_mark, CLOSELY)
        await self._engine.observe(graph, mark, CLOSELY)
        return await foresee(self._engine, graph, mark, Rules())

    def close(self) -> None:
        self._scope.close()


class Recorder:
    """Writes down what the operator tells AWS, with AWS's answers."""

    def __init__(self, operator: Operator) -> None:
        self.ledger = Ledger()
        self._call = operator.scope.call
        operator.scope.call = self.call  # type: ignore[method-assign]

    async def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        answer = await self._call(service, operation, **parameters)
        if not operation.startswith(("Describe", "List", "Get", "Head", "Filter")):
            self.ledger.take(Recorded(service, operation, parameters, answer))
        return answer


def shown(plan: Plan) -> Shown:
    """What a plan says will be done, by thing. What waits for AWS alone is not done by us."""
    found: Shown = {}
    for step in plan.writes:
        thing = (step.kind, base(step.name))
        verb = "create+delete" if step.verb is Verb.REPLACE else step.verb.value
        fields = frozenset(f for f in _fields(step) if f)
        if thing in found:
            verbs = {*found[thing][0].split("+"), verb}
            verb, fields = "+".join(sorted(verbs)), found[thing][1] | fields
        found[thing] = (verb, fields)
    return found


def _fields(step: Step) -> list[str | None]:
    names = (c.field if c.field.startswith(BY_KEY) else c.field.partition(".")[0] for c in step.changes)
    return [_ONE.get((step.kind, name), name) for name in names]


def differences(plan: Shown, calls: Mapping[Thing, tuple[str, frozenset[str]]]) -> list[str]:
    """Where the two disagree, in words."""
    told = []
    for thing in sorted({*plan, *calls}):
        planned, made = plan.get(thing), calls.get(thing)
        if planned is None or made is None:
            told.append(f"{thing}: planned {planned}, done {made}")
            continue
        if planned[0] != made[0]:
            told.append(f"{thing}: planned to {planned[0]}, did {made[0]}")
        given = {f for kind, f in (*ALLOCATED, *UNTOLD) if kind == thing[0] and "create" in made[0]}
        if made[1] - given != planned[1] - given and made[0] != "delete":
            more, less = sorted(planned[1] - made[1]), sorted(made[1] - planned[1])
            told.append(f"{thing}: planned only {more}, done only {less}")
    return told


class Life:
    """One POC, planned before each thing that happens to it."""

    def __init__(self, operator: Operator, name: str) -> None:
        self.operator, self._name = operator, name
        self._looker, self._recorder = Looker(operator), Recorder(operator)

    def foretold(self, **spec: Any) -> list[str]:
        """Where the plan for this spec and the calls that carry it out disagree."""
        self.operator.apply(self._name, **spec)
        return self.carried_out()

    def carried_out(self) -> list[str]:
        """As `foretold`, for what happened besides the spec. Afterwards nothing is left to plan."""
        plan = self._looker.plan(self._name)
        self._recorder.ledger.begin()
        self.operator.resync(self._name, deep=True)
        self.operator.settle(self._name)
        left = [str(s) for s in self._looker.plan(self._name).steps if s.verb is not Verb.KEEP]
        return differences(shown(plan), self._recorder.ledger.outcome()) + left

    def close(self) -> None:
        self._looker.close()
