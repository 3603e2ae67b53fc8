"""A local AWS for each module, and a bench for each test: an operator's scope and an onlooker's clients."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from tests.granted import policies
from tests.granted.observing import note

from localcloud.aws.faults import Rule
from localcloud.aws.identities import Identity
from localcloud.cloud import CloudConfig, LocalAws
from modelpoc.aws import tags
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Change, Kind, Observed, Resource

TIME_SCALE = 400.0


class Cloud:
    """A `LocalAws` on a thread of its own."""

    def __init__(self, state_dir: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        config = CloudConfig(
            state_dir=state_dir, time_scale=TIME_SCALE, policies=policies.of_operator(anywhere=True)
        )
        self.aws = self.run(self._made(config))
        self.run(self.aws.start())
        self.scope = self.new_scope()

    @staticmethod
    async def _made(config: CloudConfig) -> LocalAws:
        return LocalAws(config)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def new_scope(self, who: Identity | None = None, **options: Any) -> AwsScope:
        """The operator's own unless told otherwise, with no rates of its own making."""
        who = who or self.aws.operator
        session = boto3.Session(who.access_key, who.secret_key, who.token, region_name=self.aws.region)
        place = {"inventory": Inventory(), "session": session, "endpoint_url": self.aws.endpoint_url}
        return AwsScope(self.aws.account, self.aws.region, **{**place, "limits": {}, **options})

    def stop(self) -> None:
        self.scope.close()
        note("bench", iam=self.aws.iam.record.document())
        self.run(self.aws.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass(frozen=True)
class Network:
    vpc_id: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


class Bench:
    """What one test works with. Names are new each time, so that tests share a cloud without meeting."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.owner = Owner("fleet", "team-a", secrets.token_hex(4))
        self.inventory = Inventory(doubt_seconds=0.0)
        # Making clients is slow: tests of one module share the scope, each with an inventory of its own.
        self.scope = cloud.scope
        self.scope.inventory = self.inventory
        self._since = cloud.aws.calls.last

    @contextmanager
    def as_root(self) -> Iterator[AwsScope]:
        """Where no policy stands before AWS's own answer, as it does of what is gone and so has no tags."""
        scope = self.cloud.new_scope(self.cloud.aws.admin, inventory=self.inventory)
        try:
            yield scope
        finally:
            scope.close()

    def client(self, service: str) -> Any:
        """Full rights, and not counted: what somebody else does by hand."""
        return self.cloud.aws.client(service)

    def name(self, prefix: str = "mp") -> str:
        return f"{prefix}-{secrets.token_hex(5)}"

    @property
    def tags(self) -> dict[str, str]:
        return tags.owner_tags(self.owner, {"team": "ml"})

    @property
    def mark(self) -> str:
        return str(self.owner.mark)

    @property
    def network(self) -> Network:
        ec2 = self.client("ec2")
        subnets = ec2.describe_subnets()["Subnets"]
        groups = ec2.describe_security_groups()["SecurityGroups"]
        return Network(
            subnets[0]["VpcId"],
            tuple(sorted(s["SubnetId"] for s in subnets)),
            (groups[0]["GroupId"],),
        )

    def calls(self) -> Counter[str]:
        """How often the operator called what since this was last asked, refused calls too."""
        return Counter(self.cloud.run(self._operations()))

    async def _operations(self) -> list[str]:
        log, since = self.cloud.aws.calls, self._since
        self._since = log.last
        return [e.operation for e in log.entries(since, self.cloud.aws.operator.principal)]

    def fault(self, **rule: Any) -> None:
        """Something goes wrong, once unless said otherwise, for the operator only."""
        rule = {"principal": self.cloud.aws.operator.principal, "count": 1, **rule}
        self.cloud.run(self._put([Rule(**rule)]))

    async def _put(self, rules: list[Rule]) -> None:
        self.cloud.aws.faults.put(rules)

    async def made(self, kind: Kind[Any, Any], want: Resource) -> Observed:
        """`want` in AWS and in the inventory, as the engine does it."""
        created = await kind.create(self.scope, want)
        self.inventory.wrote(created)
        return created

    async def listed(self, kind: Kind[Any, Any]) -> dict[str, Observed]:
        """A listing, taken into the inventory as the engine does it."""
        began = self.inventory.now()
        found = list(await kind.list_all(self.scope))
        self.inventory.listed(kind.kind, found, began)
        return {o.name: o for o in found}

    async def seen(self, kind: Kind[Any, Any], name: str) -> Observed | None:
        """One by name, with everything that costs extra calls."""
        began = self.inventory.now()
        found = await kind.read(self.scope, [name], True)
        self.inventory.read(kind.kind, [name], found.values(), began, True)
        return found.get(name)

    async def diff(self, kind: Kind[Any, Any], want: Resource) -> tuple[Change, ...]:
        """What differs between `want` and AWS now."""
        have = await self.seen(kind, kind.identify(want))
        assert have is not None, f"{want} is not there"
        return kind.diff(want, have)

    async def mended(self, kind: Kind[Any, Any], want: Resource) -> set[str]:
        """Names of the fields that differed; afterwards, AWS is asked again and none does."""
        have = await self.seen(kind, kind.identify(want))
        assert have is not None, f"{want} is not there"
        changes = kind.diff(want, have)
        if changes:
            self.inventory.wrote(await kind.update(self.scope, want, have, changes))
        assert await self.diff(kind, want) == ()
        return {c.field for c in changes}

    async def settled(self, kind: Kind[Any, Any], name: str, seconds: float = 90.0) -> Observed:
        """`name` once AWS is no longer at work on it."""
        async with asyncio.timeout(seconds):
            while True:
                have = await self.seen(kind, name)
                if have and have.state.phase.value == "Settled":
                    return have
                await asyncio.sleep(0.05)

    async def gone(self, kind: Kind[Any, Any], name: str, seconds: float = 90.0) -> None:
        """Returns once nothing of that name is there."""
        async with asyncio.timeout(seconds):
            while await self.seen(kind, name):  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.05)

    def clear(self) -> None:
        """Takes faults away, what AWS grants only ten of, and endpoints, whose containers run on."""
        self.cloud.run(self._put([]))
        gateway = self.client("apigatewayv2")
        for api in gateway.get_apis()["Items"]:
            gateway.delete_api(ApiId=api["ApiId"])
        for link in gateway.get_vpc_links()["Items"]:
            if link["VpcLinkStatus"] != "DELETING":
                gateway.delete_vpc_link(VpcLinkId=link["VpcLinkId"])
        self._clear_endpoints()

    def _clear_endpoints(self) -> None:
        sagemaker = self.client("sagemaker")
        for endpoint in sagemaker.list_endpoints(MaxResults=100)["Endpoints"]:
            with suppress(ClientError):  # AWS is at work on it
                sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
        for config in sagemaker.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]:
            sagemaker.delete_endpoint_config(EndpointConfigName=config["EndpointConfigName"])
        for model in sagemaker.list_models(MaxResults=100)["Models"]:
            sagemaker.delete_model(ModelName=model["ModelName"])
