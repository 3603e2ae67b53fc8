"""One POC and an AWS in memory that holds what its graph asks for: plans and outcomes are the engine's own.

Nothing is called: the inventory is filled with what AWS would show, and `modelpoc.reconcile.plan` says what
lies between that and the spec.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.unit.controller import held_endpoint
from tests.unit.controller.held_endpoint import ACCOUNT, REGION

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.gateway import plain
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.secret import SecretValue
from modelpoc.desired.names import platform_named
from modelpoc.desired.places import ApiPlace, ListenerPlace, Place, Places
from modelpoc.desired.platform import places_of, platform_graph
from modelpoc.desired.poc import named_of, poc_graph, suspended_graph
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark, Owner
from modelpoc.reconcile.plan import Plan, Rules, Step, Verb, plan
from modelpoc.reconcile.resource import Observed, Phase, State

ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}".format
LISTENER = ARN("elasticloadbalancing", "listener/app/models/50dc6c495c0c9188/f2f7dc8efc522ab2")
PARAMETER = ARN("ssm", "parameter/echo-token")
API = ApiPlace("a1b2c3d4e5", "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", {LISTENER: "i1"}, {})
PLACE = Place(API, ListenerPlace(LISTENER, ARN("elasticloadbalancing", "loadbalancer/app/models/50dc6c")))
PLACES = Places(ARN("ecs", "cluster/models"), "models", (API,), (PLACE.listener,))
STRANGER = Owner("elsewhere", "team", "stranger").mark
PLATFORM = ModelPlatform.model_validate(
    {
        "metadata": {"name": "default", "generation": 1},
        "spec": {
            "accountId": ACCOUNT,
            "region": REGION,
            "allow": {"secretArns": ["*"], "roleArns": ["*"]},
            "artifacts": {"bucket": "models"},
            "network": {
                "vpcId": "vpc-0a1b2c3d",
                "subnetIds": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
                "securityGroupIds": ["sg-0a1b2c3d"],
            },
            "ecs": {
                "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
                "placeholderImage": "local/placeholder:1",
            },
            "sagemaker": {"executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/sagemaker"},
            "lambda": {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/lambda"},
        },
    }
)
SETTLING = State(Phase.SETTLING, "RollingOut", "1 of 1 tasks are starting")


@dataclass
class Held:
    """What AWS holds of one POC, and what a pass would make of it."""

    poc: ModelPOC
    kube_secrets: Mapping[tuple[str, str], SecretValue] = field(default_factory=dict)
    adopt: bool = False
    inventory: Inventory = field(default_factory=Inventory)
    rejected: str | None = None
    explained: dict[str, str] = field(default_factory=dict)
    """Kind → why it is broken."""
    errors: dict[str, CloudError] = field(default_factory=dict)
    """Kind → what came of writing it."""
    revisions: int = 0

    @property
    def mark(self) -> Mark:
        return named_of(self.poc, PLATFORM).owner.mark

    def running(self) -> Graph:
        where = place_of(self.poc)
        return poc_graph(self.poc, PLATFORM, PLACES, where, self.kube_secrets, rejected=self.rejected)

    def resting(self) -> Graph:
        return suspended_graph(self.poc, PLATFORM, self.kube_secrets)

    def plan(self, graph: Graph | None = None) -> Plan:
        found = self.running() if graph is None else graph
        return plan(found, self.inventory, KINDS, self.mark, Rules(self.adopt))

    def outcome(self, graph: Graph | None = None, done: Iterable[Step] = ()) -> Outcome:
        found = self.plan(graph)
        errors = {s.key: e for s in found.steps for kind, e in self.errors.items() if s.kind == kind}
        broken = {s.key: self.explained.get(s.kind, "") for s in found.of(Verb.BROKEN)}
        return Outcome(found, tuple(done), errors, broken)

    # what AWS does

    def give(self, *kinds: str, version: str = "1") -> None:
        """What the user names is there."""
        for step in self.plan().of(Verb.MISSING):
            if not kinds or step.kind in kinds:
                self.put(Observed(step.kind, step.name, step.name, attrs=_attrs(step, step.name, version)))

    def make(self, graph: Graph | None = None, until: Callable[[Step], bool] = lambda _: False) -> list[Step]:
        """Carries out what can be done, again and again, but for steps of which `until` holds."""
        done: list[Step] = []
        while ready := [s for s in self.plan(graph).ready if not until(s)]:
            for step in ready:
                self.carry_out(step)
            done += ready
            assert len(done) < 200, [str(s) for s in ready]
        return done

    def carry_out(self, step: Step) -> None:
        if step.verb is Verb.DELETE:
            self.inventory.deleted(*step.key)
        else:
            self.put(self.made(step))

    def made(self, step: Step) -> Observed:
        """What AWS shows of it once it is written and settled."""
        want = step.want
        assert want is not None
        if have := held_endpoint.made(step):
            return have
        if step.kind == "TaskDefinition":
            self.revisions += 1
        id = step.have.id if step.have else self.id_of(step)
        fields = {
            f.name: getattr(want, f.name)
            for f in dataclasses.fields(want)
            if f.name not in ("name", "needs", "given") and f.name not in KINDS[step.kind].hidden
        }
        if step.kind == "ScalableTarget":
            fields["tags"] = want.all_tags  # type: ignore[attr-defined]
        fields |= {"priority": fields.get("priority") or 30_001} if step.kind == "ListenerRule" else {}
        refs = {o.id for key in step.uses if (o := self.inventory.get(*key))}
        have = Observed(
            step.kind,
            step.name,
            id,
            fields=fields,
            attrs=_attrs(step, id, str(self.revisions)) | _serving(step, fields),
            refs=frozenset(refs),
            claims=KINDS[step.kind].claims(want),
            owner=self.mark,
        )
        return have if not KINDS[step.kind].diff(want, have) else _without_our_name(have)

    def id_of(self, step: Step) -> str:
        if step.kind == "TaskDefinition":
            return ARN("ecs", f"task-definition/{step.name.partition('@')[0]}:{self.revisions}")
        return ARN("aws", f"{step.kind}/{step.name}")

    def put(self, observed: Observed) -> None:
        self.inventory.wrote(observed)

    def of_kind(self, kind: str) -> Observed:
        """The first of this kind that is wanted and there."""
        return next(s.have for s in self.plan().steps if s.kind == kind and s.want and s.have)

    def change(self, kind: str, **fields: Any) -> None:
        """Somebody changes it by hand."""
        have = self.of_kind(kind)
        self.put(replace(have, fields={**have.fields, **fields}))

    def state(self, kind: str, state: State, **attrs: Any) -> None:
        have = self.of_kind(kind)
        attrs = {**({"progress": state} if kind == "Service" else {}), **attrs}
        self.put(replace(have, state=state, attrs={**have.attrs, **attrs}))

    def give_away(self, kind: str) -> None:
        """Somebody else put their mark on it."""
        self.put(replace(self.of_kind(kind), owner=STRANGER))

    def drain(self) -> None:
        """The service is being deleted; its tasks end."""
        [have] = [o for o in self.inventory.owned(self.mark) if o.kind == "Service"]
        state = State(Phase.GOING, "Deleting", "the service is draining, 1 tasks are left")
        self.put(replace(have, state=state))

    def take(self, kind: str, word: str) -> None:
        """Somebody else holds what the wanted thing of this kind claims, such as its `path`."""
        step = self.plan().step(kind)
        assert step is not None
        claims = frozenset(c for c in KINDS[kind].claims(step.want) if c.startswith(word))
        assert claims, f"{kind} claims no {word}"
        self.put(Observed(kind, f"other {kind}", ARN("aws", "other"), claims=claims, owner=STRANGER))

    def rolled_out(self) -> None:
        """The service's rollout is over: what it asks for serves."""
        have = self.of_kind("Service")
        serving = {"serving": have.fields["task_definition"], "failed": None, "progress": State()}
        self.put(replace(have, state=State(), attrs={**have.attrs, **serving}))

    def roll_out(self) -> None:
        """The service is told of another task definition; the one before serves on."""
        before = self.of_kind("Service").attrs["serving"]
        for step in self.make(until=lambda s: s.kind == "Service" or s.verb is Verb.DELETE):
            assert step.kind == "TaskDefinition", step
        [step] = [s for s in self.plan().ready if s.kind == "Service"]
        have = self.made(step)
        self.put(replace(have, state=SETTLING, attrs={**have.attrs, "serving": before, "progress": SETTLING}))

    def fail(self, reason: str = "tasks failed to start", back_to: str | None = None) -> None:
        """The circuit breaker gives up; with a revision to go back to, that one serves on."""
        have = self.of_kind("Service")
        failed = have.fields["task_definition"]
        state = State(Phase.BROKEN, "RolloutFailed", f"the rollout of {failed.rpartition('/')[2]} failed")
        attrs = {**have.attrs, "failed": failed, "failed_reason": reason, "progress": State()}
        fields = {**have.fields, "task_definition": back_to or failed}
        self.put(replace(have, state=state, fields=fields, attrs={**attrs, "serving": back_to}))


@dataclass
class HeldEndpoint:
    """What befalls a SageMaker POC."""

    held: Held

    def now(self, status: str, **more: Any) -> None:
        """The endpoint is in this state."""
        self.held.put(held_endpoint.endpoint(self.held.of_kind("Endpoint"), status, **more))

    def upload(self) -> None:
        """Another archive lies in S3."""
        have = self.held.of_kind("Artifact")
        self.held.put(replace(have, attrs={**have.attrs, "version": "2"}))

    def make_all_but_the_endpoint(self) -> str:
        """Gives the configuration that it shall be on."""
        self.held.make(until=lambda s: s.kind == "Endpoint" or s.verb is Verb.DELETE)
        step = self.held.plan().step("Endpoint")
        assert step is not None
        return str(getattr(step.want, "config_name", ""))

    def roll(self, status: str = "Updating", **more: Any) -> None:
        """The endpoint is told of what it shall be on, and AWS at work on that, or done."""
        to = self.make_all_but_the_endpoint()
        self.held.put(held_endpoint.rolling(self.held.of_kind("Endpoint"), to, status, **more))

    def create(self, status: str = "Creating", **more: Any) -> None:
        """The endpoint is there for the first time, in this state."""
        self.make_all_but_the_endpoint()
        [step] = [s for s in self.held.plan().ready if s.kind == "Endpoint"]
        self.held.carry_out(step)
        self.now(status, **more)

    def function(self, **more: Any) -> None:
        """What GetFunction tells of it from now on."""
        have = self.held.of_kind("Function")
        step = self.held.plan().step("Function")
        assert step is not None
        told = held_endpoint.function(step.want, have.fields["tags"], **more)  # type: ignore[arg-type]
        self.held.put(replace(told, attrs={**told.attrs, "tried": step.want.tried}))  # type: ignore[union-attr]


@dataclass
class HeldPlatform(Held):
    """The same of a platform, none of whose parts is given."""

    platform: ModelPlatform = PLATFORM

    @property
    def mark(self) -> Mark:
        return platform_named(self.platform.metadata, self.platform.owner_id, {}).owner.mark

    def running(self) -> Graph:
        return platform_graph(self.platform)

    def places(self) -> Places | None:
        """What POCs are told of it."""
        by_key = {(s.kind, s.want.name): s.have for s in self.plan().steps if s.want}
        return places_of(self.platform, lambda kind, name: by_key.get((kind, name)))


def _without_our_name(have: Observed) -> Observed:
    """Some kinds are observed without the tag that only carries our name."""
    return replace(have, fields={**have.fields, "tags": plain(have.fields["tags"])})


def _attrs(step: Step, id: str, version: str) -> dict[str, Any]:
    api = {"endpoint": API.endpoint, "target": f"integrations/{id}"}
    return {"arn": id, "id": id, "name": step.name, "version": version, **api}


def _serving(step: Step, fields: Mapping[str, Any]) -> dict[str, Any]:
    if step.kind != "Service":
        return {}
    return {"serving": fields["task_definition"], "running": 1, "failed": None, "progress": State()}


def poc(name: str = "echo", status: Mapping[str, Any] | None = None, **spec: Any) -> ModelPOC:
    """A small POC of generation 1; `spec` overrides, `ecs` and `metadata` are merged.

    With `sagemaker` it has no `ecs`.
    """
    ecs = {"image": "local/echo:1", "cpu": 256, "memory": 512, **spec.pop("ecs", {})}
    meta = {"name": name, "namespace": "default", "generation": 1, "uid": "u", **spec.pop("metadata", {})}
    runtime = {} if "sagemaker" in spec else {"ecs": ecs}
    return ModelPOC.model_validate({"metadata": meta, "spec": {**spec, **runtime}, "status": status or {}})


def place_of(poc: ModelPOC) -> Place:
    """A SageMaker POC needs no load balancer."""
    return replace(PLACE, listener=PLACE.listener if poc.spec.ecs else None)


def up(subject: ModelPOC | None = None) -> Held:
    """A POC that is all there and steady."""
    held = Held(subject or poc())
    held.give()
    held.make()
    assert held.plan().settled, [str(s) for s in held.plan().steps]
    return held
