"""The parts of a POC on SageMaker, each with what it needs made before it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.localcloud.sagemaker_world import MODEL, archive

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images
from modelpoc.aws.alarm import Alarm
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.endpoint_config import EndpointConfig
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.model import Model
from modelpoc.reconcile.resource import Change, Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.aws.bench import Bench

SIZES: dict[str, Any] = {"instance_type": "ml.m5.large", "instance_count": 2}
BROKEN = {"load_error": "no such layer"}
"""Settings of an archive that no model can be loaded from."""


async def image(bench: Bench) -> str:
    config = bench.cloud.aws.config
    built = await asyncio.to_thread(images.build, "sm-echo", MODEL, store_of(config.state_dir))
    return built.reference


def stored(bench: Bench, **settings: Any) -> str:
    """The URL of an archive of sm-echo with these settings."""
    s3, bucket = bench.client("s3"), bench.name("models")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": bench.scope.region})
    s3.put_object(Bucket=bucket, Key="counter/model.tar.gz", Body=archive(**settings))
    return f"s3://{bucket}/counter/model.tar.gz"


async def model(bench: Bench, **settings: Any) -> Model:
    return Model(
        name=bench.name(),
        image=await image(bench),
        model_data_url=stored(bench, **settings),
        environment={"A": "b"},
        execution_role_arn=f"arn:aws:iam::{bench.scope.account}:role/modelpoc-sagemaker",
        versions={"archive": "one"},
        tags=bench.tags,
    )


async def endpoint_config(
    bench: Bench, settings: dict[str, Any] | None = None, **sizes: Any
) -> EndpointConfig:
    made = await bench.made(KINDS["Model"], await model(bench, **(settings or {})))
    return EndpointConfig(name=bench.name(), model_name=made.name, tags=bench.tags, **(sizes or SIZES))


async def endpoint(bench: Bench, **more: Any) -> Endpoint:
    config = await bench.made(KINDS["EndpointConfig"], await endpoint_config(bench))
    return Endpoint(name=bench.name(), config_name=config.name, tags=bench.tags, **more)


async def alarm(bench: Bench) -> Alarm:
    watched = bench.name()
    return Alarm(
        name=f"5xx-{watched}",
        metric="Invocation5XXErrors",
        dimensions={"EndpointName": watched, "VariantName": "model"},
        statistic="Average",
        threshold=0.05,
        comparison="GreaterThanThreshold",
        description="more than 5 % of requests fail",
        tags=bench.tags,
    )


@dataclass
class Hosted:
    """One endpoint, and short words for what the engine does with it."""

    bench: Bench
    want: Endpoint
    kind = KINDS["Endpoint"]

    async def config(self, settings: dict[str, Any] | None = None, **sizes: Any) -> str:
        """Another configuration, of a model with these settings; its name."""
        want = await endpoint_config(self.bench, settings, **sizes)
        return (await self.bench.made(KINDS["EndpointConfig"], want)).name

    def to(self, config: str, **more: Any) -> Endpoint:
        return replace(self.want, config_name=config, **more)

    async def see(self) -> Observed:
        """As the engine looks at what is under way: without tags."""
        began = self.bench.inventory.now()
        found = await self.kind.read(self.bench.scope, [self.want.name], False)
        self.bench.inventory.read(self.kind.kind, [self.want.name], found.values(), began, False)
        have = self.bench.inventory.get(self.kind.kind, self.want.name)
        assert have
        return have

    async def until(self, good: Callable[[Observed], bool], seconds: float = 90.0) -> Observed:
        async with asyncio.timeout(seconds):
            while not good(have := await self.see()):  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.03)
            return have

    async def steady(self) -> Observed:
        """Once AWS is no longer at work on it, whatever came of it."""
        return await self.until(lambda have: not have.state.busy)

    async def update(self, want: Endpoint) -> Observed:
        """What the engine does when it finds a difference."""
        have = await self.see()
        changes: tuple[Change, ...] = self.kind.diff(want, have)
        assert changes
        have = await self.kind.update(self.bench.scope, want, have, changes)
        self.bench.inventory.wrote(have)
        return have

    async def rolled_back(self, bad: str, **more: Any) -> Observed:
        """Once `bad` was rolled out and back."""
        await self.update(self.to(bad, **more))
        return await self.steady()

    def forget(self) -> None:
        """A new operator, which knows nothing of it."""
        self.bench.inventory.deleted(self.kind.kind, self.want.name)

    def asked_of_aws(self, **what: Any) -> None:
        """What AWS does to it of its own accord."""
        url = f"{self.bench.cloud.aws.endpoint_url}/_local/sagemaker/endpoints/{self.want.name}"
        request = urllib.request.Request(url, json.dumps(what).encode(), method="PUT")
        urllib.request.urlopen(request).close()

    def answer(self) -> Any:
        runtime = self.bench.client("sagemaker-runtime")
        told = runtime.invoke_endpoint(
            EndpointName=self.want.name, ContentType="application/json", Body=b'{"input": 1}'
        )
        return json.load(told["Body"])


async def hosted(bench: Bench, **more: Any) -> Hosted:
    """Created and in service."""
    poc = Hosted(bench, await endpoint(bench, **more))
    await bench.made(poc.kind, poc.want)
    await poc.steady()
    return poc
