"""A cloud with a bucket, a framework image and the sm-echo model, for tests of SageMaker."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images

MODEL = Path(__file__).parents[1] / "models" / "sm-echo"
SCALE = 200.0
ROLE = "arn:aws:iam::000000000000:role/modelpoc-sagemaker"
BUCKET = "models"
ARN = "arn:aws:sagemaker:eu-west-1:000000000000:"


def archive(code: str | None = None, **settings: Any) -> bytes:
    """A model.tar.gz with these settings, of sm-echo or of other code."""
    files = {
        "code/inference.py": (code or (MODEL / "code" / "inference.py").read_text()).encode(),
        "settings.json": json.dumps(settings).encode(),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return out.getvalue()


class World:
    """boto3 clients of a running cloud, and short words for what tests do over and over."""

    def __init__(self, running: Any) -> None:
        self.cloud = running
        self.sm = running.client("sagemaker")
        self.runtime = running.client("sagemaker-runtime", max_pool_connections=50)
        self.s3, self.logs = running.client("s3"), running.client("logs")
        self.cloudwatch = running.client("cloudwatch")
        state, cache = running.aws.config.state_dir, running.aws.config.cache_dir
        self.image = images.build("sm-echo", MODEL, store_of(state), cache=cache).reference
        location = {"LocationConstraint": "eu-west-1"}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)

    def put(self, name: str, **settings: Any) -> str:
        """Puts an archive to S3; gives its URL."""
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=archive(**settings))
        return f"s3://{BUCKET}/{name}/model.tar.gz"

    def model(self, name: str, environment: dict[str, str] | None = None, **settings: Any) -> str:
        """Makes a model of sm-echo with these settings; gives its name."""
        container = {
            "Image": self.image,
            "ModelDataUrl": self.put(name, **{"revision": name, **settings}),
            "Environment": environment or {},
        }
        self.sm.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def config(
        self, name: str, count: int = 2, serverless: Any = None, more: Any = None, **settings: Any
    ) -> str:
        """Makes a model and an endpoint configuration of the same name; gives the name."""
        variant: dict[str, Any] = {"VariantName": "model", "ModelName": self.model(name, **settings)}
        if serverless is not None:
            variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": 2, **serverless}
        else:
            variant |= {"InstanceType": "ml.m5.large", "InitialInstanceCount": count}
        self.sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **(more or {}))
        return name

    def endpoint(self, name: str, config: str, **more: Any) -> dict[str, Any]:
        """Makes an endpoint and waits until it is in service."""
        self.sm.create_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        return self.settled(name)

    def settled(self, name: str, status: str = "InService", timeout: float = 90) -> dict[str, Any]:
        """The endpoint once it is in that state."""
        return dict(self.until(lambda: self.describe(name), lambda e: e["EndpointStatus"] == status, timeout))

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sm.describe_endpoint(EndpointName=name))

    def gone(self, name: str) -> None:
        """Deletes an endpoint and waits until it is not there."""
        self.sm.delete_endpoint(EndpointName=name)
        self.until(
            lambda: [e["EndpointName"] for e in self.sm.list_endpoints(MaxResults=100)["Endpoints"]],
            lambda names: name not in names,
        )

    def ask(self, name: str, data: Any = None, **more: Any) -> Any:
        """Invokes with JSON; gives the JSON."""
        body = json.dumps({"input": 1} if data is None else data)
        given = {"ContentType": "application/json", "Body": body, **more}
        return json.load(self.runtime.invoke_endpoint(EndpointName=name, **given)["Body"])

    def lines(self, name: str) -> list[str]:
        """All that an endpoint's containers wrote, as CloudWatch Logs has it."""
        group = f"/aws/sagemaker/Endpoints/{name}"
        found = []
        for stream in self.logs.describe_log_streams(logGroupName=group)["logStreams"]:
            where = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
            found += self.logs.get_log_events(**where)["events"]
        return [event["message"] for event in found]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Every state stays as it is meanwhile."""
        self.cloud.local("faults", "PUT", [{"freezeClock": True}])
        try:
            yield
        finally:
            self.cloud.local("faults", "DELETE")

    @staticmethod
    def until(look: Callable[[], Any], good: Callable[[Any], bool], timeout: float = 90) -> Any:
        """Looks until it is good; the last look in the failure otherwise."""
        ends = time.monotonic() + timeout
        while not good(seen := look()):
            assert time.monotonic() < ends, f"not within {timeout} s: {json.dumps(seen, default=str)[:3000]}"
            time.sleep(0.03)
        return seen


def refusal(call: Callable[[], Any]) -> str:
    """The message of a ValidationException."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(error["Message"])
