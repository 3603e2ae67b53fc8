"""The operator without Kubernetes: a local AWS, a platform, and the engine with the real graphs.

`EngineCloud` is AWS, `Operator` what a controller does with it: passes over a POC until it is settled. What
Kubernetes would keep (spec, status) is in `Operator.pocs`; `crash` and `restart` lose everything else.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tests.granted import policies
from tests.granted.observing import note
from tests.local.light_container import lighten
from tests.localcloud.sagemaker_world import archive

from localcloud.aws.calls import Entry
from localcloud.aws.faults import Rule
from localcloud.cloud import CloudConfig, LocalAws
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.rates import Bucket
from modelpoc.aws.secret import SecretValue
from modelpoc.aws.session import AwsScope
from modelpoc.desired.names import platform_named
from modelpoc.desired.places import Places, place
from modelpoc.desired.platform import places_of, platform_graph
from modelpoc.desired.poc import named_of, poc_graph, suspended_graph
from modelpoc.desired.secrets import KubeSecrets
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed
from modelpoc.reconcile.steps import Step, Verb

DOUBT = 0.05
"""Seconds that AWS's lists may lag: the local ones do not unless a fault says so."""
NO_RATES: Mapping[str, Bucket] = {}
UNREAD = 1e6
"""Older than anything that was ever looked at."""
PATIENCE = 90.0
"""Seconds that anything may take to settle: an idle machine needs one or two."""
EAGER = Ages(settling=0.0)
"""Looks at what is under way in every pass."""


class EngineCloud:
    """A `LocalAws` on a thread of its own, with a network, a bucket and light containers."""

    def __init__(self, state_dir: Path, *, time_scale: float = 1000.0, light: bool = True) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        config = CloudConfig(state_dir=state_dir, time_scale=time_scale, policies=policies.of_account())
        self.aws = self._run(self._made(config))
        self._run(self.aws.start())
        if light:
            lighten(self.aws)
        self._clients: dict[str, Any] = {}
        self.network = self._network()
        where = {"LocationConstraint": self.aws.region}
        self.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration=where)
        roles = {"sagemaker": "modelpoc-sagemaker", "lambda": "modelpoc-function"}
        account = self.aws.account
        self.roles = {use: f"arn:aws:iam::{account}:role/{name}" for use, name in roles.items()}
        self.boundary = self.policy("boundary")

    @staticmethod
    async def _made(config: CloudConfig) -> LocalAws:
        return LocalAws(config)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def client(self, service: str) -> Any:
        """boto3 as the account's root: what a person does by hand. Its calls are not the operator's."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.aws.endpoint_url,
                region_name=self.aws.region,
                aws_access_key_id=self.aws.admin.access_key,
                aws_secret_access_key=self.aws.admin.secret_key,
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )
        return self._clients[service]

    def fault(self, *rules: Rule) -> None:
        """What befalls the operator from now on; nothing ends all faults."""

        async def put() -> None:
            who = self.aws.operator.principal
            self.aws.faults.put([replace(rule, principal=who) for rule in rules])

        self._run(put())

    def calls(self, since: int = 0) -> list[Entry]:
        """The operator's calls after number `since`."""

        async def entries() -> list[Entry]:
            return self.aws.calls.entries(since, self.aws.operator.principal)

        found: list[Entry] = self._run(entries())
        return found

    @property
    def last_call(self) -> int:
        return self.aws.calls.last

    def platform(self, name: str = "default", *, own_roles: bool = False, **spec: Any) -> ModelPlatform:
        """A platform on this account; `spec` overrides top-level fields. `own_roles`: one for each POC."""
        role = f"arn:aws:iam::{self.aws.account}:role/modelpoc"
        per_poc = {"taskRole": {"perPoc": {"permissionsBoundaryArn": self.boundary}}}
        base = {
            "accountId": self.aws.account,
            "region": self.aws.region,
            "artifacts": {"bucket": "models"},
            "network": self.network,
            "ecs": {
                "executionRoleArn": role,
                "placeholderImage": "local/placeholder:latest",
                **(per_poc if own_roles else {}),
            },
            "sagemaker": {"executionRoleArn": self.roles["sagemaker"]},
            "lambda": {"roleArn": self.roles["lambda"]},
        }
        return ModelPlatform.model_validate({"metadata": {"name": name}, "spec": base | spec})

    def upload(self, key: str, content: str = "") -> None:
        """Puts an object into the artifacts' bucket; an archive when it is called so."""
        body = archive(content=content) if key.endswith(".tar.gz") else content.encode()
        self.client("s3").put_object(Bucket="models", Key=key, Body=body)

    def stop(self) -> None:
        note("engine", iam=self.aws.iam.record.document())
        self._run(self.aws.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def policy(self, name: str, *actions: str) -> str:
        """ARN of a new managed policy that allows these actions, or all."""
        allowed = {"Effect": "Allow", "Action": list(actions) or "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        made = self.client("iam").create_policy(PolicyName=name, PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def _network(self) -> dict[str, Any]:
        ec2 = self.client("ec2")
        subnets = ec2.describe_subnets()["Subnets"]
        groups = ec2.describe_security_groups()["SecurityGroups"]
        return {
            "vpcId": subnets[0]["VpcId"],
            "subnetIds": sorted(s["SubnetId"] for s in subnets),
            "securityGroupIds": [groups[0]["GroupId"]],
        }


class _Threads(ThreadPoolExecutor):
    """Remembers what is under way, so that a crash can wait for what had left already."""

    def __init__(self) -> None:
        super().__init__(16)
        self.under_way: set[Future[Any]] = set()

    def submit(self, *words: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = super().submit(*words, **named)
        self.under_way.add(future)
        future.add_done_callback(self.under_way.discard)
        return future


class MortalScope(AwsScope):
    """The operator's own scope, which can die after a number of writes: it then never calls again."""

    new_role_seconds = 0.02
    writes_left: float = float("inf")
    died: asyncio.Event

    async def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        if self.died.is_set():
            await asyncio.Event().wait()
        answer = await super().call(service, operation, **parameters)
        self.writes_left -= not operation.startswith(("Describe", "List", "Get"))
        if self.writes_left <= 0:
            self.died.set()
            await asyncio.Event().wait()
        return answer


@dataclass
class Kept:
    """A POC as Kubernetes holds it; None: it is being deleted."""

    poc: ModelPOC
    deleted: bool = False
    at_rest: bool = False
    """Whether all was settled for this spec: what costs a call each is then looked at by rotation only."""
    history: list[Outcome] = field(default_factory=list)


class Operator:
    """Runs passes. One loop of its own, so that tests stay plain functions."""

    def __init__(
        self, cloud: EngineCloud, platform: ModelPlatform, limits: Mapping[str, Bucket] = NO_RATES
    ) -> None:
        self.cloud, self.platform = cloud, platform
        self.pocs: dict[str, Kept] = {}
        self.kube_secrets: dict[tuple[str, str], SecretValue] = {}
        self._loop = asyncio.new_event_loop()
        self._threads = _Threads()
        who = cloud.aws.operator
        session = boto3.Session(who.access_key, who.secret_key, who.token, region_name=cloud.aws.region)
        self.scope = MortalScope(
            cloud.aws.account, cloud.aws.region, inventory=Inventory(), session=session,
            endpoint_url=cloud.aws.endpoint_url, threads=self._threads, limits=limits,
        )  # fmt: skip
        self.engine: Engine
        self.places: Places | None = None
        self.restart()

    def close(self) -> None:
        self._threads.shutdown()
        self.scope.close()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)

    def restart(self) -> None:
        """Everything that a process forgets when it ends."""
        # A request that had left is carried out; nothing that is started later meets it.
        wait(list(self._threads.under_way), 30)
        self.scope.inventory = Inventory(doubt_seconds=DOUBT)
        self.scope.died, self.scope.writes_left = asyncio.Event(), float("inf")
        self.engine = Engine(KINDS, self.scope, self.scope.inventory)
        self.places = None

    # the platform

    def platform_pass(self, ages: Ages = EAGER, graph: Graph | None = None) -> Outcome:
        wanted = self.platform_graph() if graph is None else graph
        outcome: Outcome = self.run(self.engine.run(wanted, self.platform_mark, ages=ages))
        have = {(s.kind, s.name): s.have for s in outcome.plan.steps if s.want}
        self.places = places_of(self.platform, lambda kind, name: have.get((kind, name)))
        return outcome

    def platform_up(self, seconds: float = PATIENCE) -> Outcome:
        return self._until_settled(self.platform_pass, seconds)

    def platform_down(self, seconds: float = PATIENCE) -> Outcome:
        return self._until_settled(lambda: self.platform_pass(graph=Graph()), seconds)

    def platform_graph(self) -> Graph:
        return platform_graph(self.platform)

    @property
    def platform_mark(self) -> Mark:
        return platform_named(self.platform.metadata, self.platform.owner_id, {}).owner.mark

    # POCs: what people do

    def apply(self, name: str, **spec: Any) -> Kept:
        """As `kubectl apply`: a new spec; the status stays."""
        old = self.pocs.get(name)
        meta = {"name": name, "namespace": "default", "uid": "1"}
        poc = ModelPOC.model_validate({"metadata": meta, "spec": spec})
        status = old.poc.status if old and not old.deleted else poc.status
        self.pocs[name] = Kept(poc.model_copy(update={"status": status}))
        return self.pocs[name]

    def delete(self, name: str) -> None:
        self.pocs[name].deleted, self.pocs[name].at_rest = True, False

    # POCs: what the operator does

    def graph(self, name: str) -> Graph:
        kept = self.pocs[name]
        if kept.deleted:
            return Graph()
        poc, secrets_ = kept.poc, self.kube_secrets
        if poc.spec.suspend:
            return suspended_graph(poc, self.platform, secrets_)
        return self._running(poc, secrets_)

    def _running(self, poc: ModelPOC, values: KubeSecrets) -> Graph:
        assert self.places is not None, "the platform is not up"
        balanced = poc.spec.ecs is not None
        where = place(poc.status.placement, self.places, lambda _: 0, lambda _: 0, balanced)
        assert where is not None
        failed = poc.status.failed_revision if balanced else None
        rejected = self.scope.arn("ecs", f"task-definition/{failed}") if failed else None
        return poc_graph(poc, self.platform, self.places, where, values, rejected=rejected)

    def mark(self, name: str) -> Mark:
        return named_of(self.pocs[name].poc, self.platform).owner.mark

    def pass_(self, name: str, ages: Ages = EAGER) -> Outcome:
        """One pass over a POC. Dies in the middle of it when the scope was told to."""
        outcome: Outcome | None = self.run(self._pass(name, ages))
        if outcome is None:
            raise Died
        return outcome

    async def _pass(self, name: str, ages: Ages) -> Outcome | None:
        kept = self.pocs[name]
        if not kept.at_rest:
            ages = replace(ages, deep=min(ages.deep, UNREAD))
        work = asyncio.create_task(self.engine.run(self.graph(name), self.mark(name), ages=ages))
        died = asyncio.create_task(self.scope.died.wait())
        await asyncio.wait({work, died}, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            return None
        outcome = work.result()
        self._noted(kept, outcome)
        return outcome

    def _noted(self, kept: Kept, outcome: Outcome) -> None:
        """What the controller writes into status: which revision did not come up."""
        kept.history.append(outcome)
        kept.at_rest = outcome.settled
        service = outcome.plan.step("Service")
        failed = kept.poc.status.failed_revision
        if kept.deleted or kept.poc.spec.suspend or (service and service.verb is Verb.KEEP):
            failed = None
        elif service and service.verb is Verb.BROKEN and service.have:
            arn = service.have.attrs.get("failed") or getattr(service.want, "task_definition", "")
            failed = str(arn).rpartition("/")[2] or failed
        status = kept.poc.status.model_copy(update={"failed_revision": failed})
        kept.poc = kept.poc.model_copy(update={"status": status})

    def settle(self, name: str, seconds: float = PATIENCE) -> Outcome:
        """Passes as the controller runs them, until nothing is left to do."""
        return self._until_settled(lambda: self.pass_(name), seconds)

    def broken(self, name: str, seconds: float = PATIENCE) -> Outcome:
        """Passes until AWS has given something up."""
        return self._until(lambda: self.pass_(name), lambda o: bool(o.plan.of(Verb.BROKEN)), seconds)

    def resync(self, name: str, *, deep: bool = False) -> Outcome:
        """One pass that lists everything afresh; `deep`: and reads what costs a call each."""
        return self.pass_(name, Ages(listing=0.0, settling=0.0, deep=0.0 if deep else float("inf")))

    def _until_settled(self, pass_: Callable[[], Outcome], seconds: float) -> Outcome:
        return self._until(pass_, lambda outcome: outcome.settled, seconds)

    def _until(
        self, pass_: Callable[[], Outcome], good: Callable[[Outcome], bool], seconds: float
    ) -> Outcome:
        deadline = time.monotonic() + seconds
        while not good(outcome := pass_()):
            assert time.monotonic() < deadline, told(outcome)
            time.sleep(0.01)
        return outcome

    def have(self, kind: str, owner: Mark) -> Observed:
        """The one thing of this kind that an owner holds, as the operator knows it."""
        (found,) = [o for o in self.scope.inventory.owned(owner) if o.kind == kind]
        return found


class Died(Exception):
    """The operator was killed in the middle of a pass: `restart` it."""


def told(outcome: Outcome) -> str:
    """How it stands, for a failure's message."""
    return "\n".join([*(_line(s) for s in outcome.plan.steps), *map(str, outcome.errors.items())])


def _line(step: Step) -> str:
    return f"{step} {step.waits_for} {step.reason} {step.message} {step.changes}"


def writes(calls: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in calls if entry.mutating]


def creation(calls: list[Entry]) -> list[Entry]:
    """Up to the last write."""
    last = max(entry.seq for entry in writes(calls))
    return [entry for entry in calls if entry.seq <= last]


def new_name(prefix: str = "poc") -> str:
    return f"{prefix}-{secrets.token_hex(3)}"
