"""InvokeEndpoint: what reaches the container, what comes back, and what is refused in which words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.sagemaker_world import BUCKET, ROLE, World, archive

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images

pytestmark = pytest.mark.local
SCALE = 200.0
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    made = World(start_cloud(time_scale=SCALE))
    made.endpoint("echo", made.config("echo", environment={"GREETING": "hello", "DIR": "/opt/ml/model/code"}))
    return made


def refused(call: Callable[[], Any]) -> tuple[int, str, dict[str, Any]]:
    """Status, code, and the whole answer."""
    with pytest.raises(ClientError) as found:
        call()
    answer = found.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer


def test_bytes_types_and_variant_come_back(world: World) -> None:
    answer = world.runtime.invoke_endpoint(
        EndpointName="echo",
        ContentType="application/json",
        Accept="text/plain",
        Body=b'{"input": "\xc3\xa4"}',
    )
    assert answer["Body"].read() == "ä".encode()
    assert answer["ContentType"] == "text/plain"
    assert answer["InvokedProductionVariant"] == "model"
    answer = world.runtime.invoke_endpoint(
        EndpointName="echo", ContentType="application/octet-stream", Body=bytes(range(256))
    )
    assert json.load(answer["Body"])["output"] == 256
    assert answer["ContentType"] == "application/json"


def test_the_container_has_the_models_environment_and_its_roles_credentials(world: World) -> None:
    def env(name: str) -> Any:
        return world.ask("echo", {"env": name})["env"]

    assert env("GREETING") == "hello"
    assert env("DIR") == env("SM_MODEL_DIR") + "/code"
    assert env("AWS_REGION") == "eu-west-1"
    assert env("HOME_OF_HOST") is None
    token = env("AWS_CONTAINER_CREDENTIALS_FULL_URI").rpartition("/_local/")[2]
    assert world.cloud.local(token)["RoleArn"] == ROLE


def test_a_target_variant_is_met_or_refused(world: World) -> None:
    assert world.ask("echo", TargetVariant="model")["revision"] == "echo"
    status, code, _ = refused(lambda: world.ask("echo", TargetVariant="other"))
    assert (status, code) == (400, "ValidationError")


def test_an_endpoint_that_does_not_serve_is_not_found(world: World) -> None:
    status, code, answer = refused(lambda: world.ask("nowhere"))
    assert (status, code) == (400, "ValidationError")
    assert answer["Error"]["Message"] == "Endpoint nowhere of account 000000000000 not found."
    world.config("early")
    world.sm.create_endpoint(EndpointName="early", EndpointConfigName="early")
    assert refused(lambda: world.ask("early"))[2]["Error"]["Message"].endswith("not found.")
    world.settled("early")


@pytest.mark.parametrize(
    ("data", "kind", "status", "words"),
    [
        ({"fail": "out of memory"}, "application/json", 500, "Told: out of memory"),
        ({"fail": "busy", "status": 503}, "application/json", 503, "busy"),
        ({"bad": "no input"}, "application/json", 400, "no input"),
        ({"bad": "too long", "status": 413}, "application/json", 413, "too long"),
        ("{", "application/json", 400, "Expecting"),
        ("a,b", "text/csv", 415, "text/csv"),
    ],
)
def test_a_failing_container_is_a_model_error(
    world: World, data: Any, kind: str, status: int, words: str
) -> None:
    body = data if isinstance(data, str) else json.dumps(data)
    given = {"EndpointName": "echo", "ContentType": kind, "Body": body}
    code, name, answer = refused(lambda: world.runtime.invoke_endpoint(**given))
    assert (code, name) == (424, "ModelError")
    assert answer["OriginalStatusCode"] == status
    assert words in answer["OriginalMessage"]
    who = "server" if status >= 500 else "client"
    assert answer["Error"]["Message"].startswith(f"Received {who} error ({status}) from primary with message")
    assert answer["LogStreamArn"].endswith(":log-group:/aws/sagemaker/Endpoints/echo")


def test_tracebacks_of_the_model_are_in_the_log(world: World) -> None:
    refused(lambda: world.ask("echo", {"fail": "seen in the log"}))
    world.until(lambda: world.lines("echo"), lambda lines: "inference.Told: seen in the log" in lines)


def test_a_slow_container_times_out_as_on_aws(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.aws.sagemaker.runtime._SECONDS", 0.3)
    code, name, answer = refused(lambda: world.ask("echo", {"sleep": 1}))
    assert (code, name, answer["OriginalStatusCode"]) == (424, "ModelError", 0)
    assert "Your invocation timed out while waiting for a response" in answer["OriginalMessage"]


def test_six_megabytes_either_way(world: World) -> None:
    def send(size: int) -> Any:
        given = {"ContentType": "application/octet-stream", "Body": b"x" * size}
        return json.load(world.runtime.invoke_endpoint(EndpointName="echo", **given)["Body"])

    assert send(6 * MIB)["output"] == 6 * MIB
    status, code, answer = refused(lambda: send(6 * MIB + 1))
    assert (status, code) == (400, "ValidationError")
    assert "less than or equal to 6291456" in answer["Error"]["Message"]
    assert len(world.ask("echo", {"big": 5 * MIB})["big"]) == 5 * MIB
    status, code, _ = refused(lambda: world.ask("echo", {"big": 7 * MIB}))
    assert (status, code) == (424, "ModelError")


def test_serverless_takes_four_megabytes_and_so_many_requests_at_once(world: World) -> None:
    shown = world.endpoint("less", world.config("less", serverless={"MaxConcurrency": 2}))
    [variant] = shown["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
    assert "CurrentInstanceCount" not in variant
    given = {"ContentType": "application/octet-stream", "Body": b"x" * (4 * MIB + 1)}
    status, code, _ = refused(lambda: world.runtime.invoke_endpoint(EndpointName="less", **given))
    assert (status, code) == (400, "ValidationError")
    gate = threading.Barrier(4)

    def ask(_: int) -> str:
        gate.wait()
        try:
            return str(world.ask("less", {"sleep": 4})["revision"])
        except ClientError as error:
            answer = error.response
            return f"{answer['ResponseMetadata']['HTTPStatusCode']} {answer['Error']['Code']}"

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(ask, range(4)))
    assert answers == ["429 ThrottlingException"] * 2 + ["less"] * 2


def test_what_is_not_offered_says_so(world: World) -> None:
    status, code, _ = refused(
        lambda: world.runtime.invoke_endpoint_with_response_stream(EndpointName="echo", Body=b"{}")
    )
    assert (status, code) == (501, "UnknownOperationException")


def test_missing_functions_have_aws_defaults(world: World) -> None:
    code = "def model_fn(directory):\n    return lambda data: [sum(row) for row in data]\n"
    world.s3.put_object(Bucket=BUCKET, Key="defaults/model.tar.gz", Body=archive(code))
    container = {"Image": world.image, "ModelDataUrl": f"s3://{BUCKET}/defaults/model.tar.gz"}
    world.sm.create_model(ModelName="defaults", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {
        "VariantName": "v",
        "ModelName": "defaults",
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": 1,
    }
    world.sm.create_endpoint_config(EndpointConfigName="defaults", ProductionVariants=[variant])
    world.endpoint("defaults", "defaults")

    def ask(kind: str, body: str, accept: str) -> str:
        answer = world.runtime.invoke_endpoint(
            EndpointName="defaults", ContentType=kind, Accept=accept, Body=body
        )
        return str(answer["ContentType"] + " " + answer["Body"].read().decode())

    assert ask("application/json", "[[1, 2], [3]]", "application/json") == "application/json [3, 3]"
    assert ask("text/csv", "1,2\n3,4\n", "text/csv") == "text/csv 3.0\n7.0\n"
    _, _, answer = refused(lambda: ask("application/xml", "<a/>", "application/json"))
    assert answer["OriginalStatusCode"] == 415
    _, _, answer = refused(lambda: ask("application/json", "[]", "image/png"))
    assert answer["OriginalStatusCode"] == 406


def test_an_image_of_its_own_is_run_with_serve(world: World, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.11-slim\nWORKDIR /app\nENTRYPOINT ["python", "main.py"]\n'
    )
    (tmp_path / "main.py").write_text(
        "import os, sys\n"
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n"
        "class H(BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        body = ' '.join(sys.argv[1:]).encode()\n"
        "        self.send_response(200)\n"
        "        self.send_header('Content-Length', str(len(body)))\n"
        "        self.end_headers()\n"
        "        self.wfile.write(body)\n"
        "    def do_POST(self):\n"
        "        self.rfile.read(int(self.headers['Content-Length']))\n"
        "        self.do_GET()\n"
        "where = os.environ['HOST'], int(os.environ['SAGEMAKER_BIND_TO_PORT'])\n"
        "HTTPServer(where, H).serve_forever()\n"
    )
    config = world.cloud.aws.config
    image = images.build("own", tmp_path, store_of(config.state_dir), cache=config.cache_dir).reference
    world.sm.create_model(ModelName="own", PrimaryContainer={"Image": image}, ExecutionRoleArn=ROLE)
    variant = {
        "VariantName": "v",
        "ModelName": "own",
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": 1,
    }
    world.sm.create_endpoint_config(EndpointConfigName="own", ProductionVariants=[variant])
    world.endpoint("own", "own")
    assert world.runtime.invoke_endpoint(EndpointName="own", Body=b"x")["Body"].read() == b"serve"


def test_variants_get_traffic_by_weight(world: World) -> None:
    variants = [
        {
            "VariantName": name,
            "ModelName": world.model(f"weighted-{name}"),
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for name, weight in (("some", 1), ("none", 0))
    ]
    world.sm.create_endpoint_config(EndpointConfigName="weighted", ProductionVariants=variants)
    world.endpoint("weighted", "weighted")
    assert {world.ask("weighted")["revision"] for _ in range(12)} == {"weighted-some"}
    assert world.ask("weighted", TargetVariant="none")["revision"] == "weighted-none"


def test_captured_data_lies_in_s3_as_model_monitor_reads_it(world: World) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    shown = world.endpoint("caught", world.config("caught", more={"DataCaptureConfig": capture}))
    assert shown["DataCaptureConfig"]["CaptureStatus"] == "Started"
    for number in range(3):
        world.ask("caught", {"input": number}, InferenceId=f"id-{number}")

    def lines() -> list[dict[str, Any]]:
        listed = world.s3.list_objects_v2(Bucket=BUCKET, Prefix="captured/caught/model/20")
        bodies = [
            world.s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"] for o in listed.get("Contents", [])
        ]
        return [json.loads(line) for body in bodies for line in body.read().splitlines()]

    found = world.until(lines, lambda seen: len(seen) == 3)
    event = next(e for e in found if e["eventMetadata"]["inferenceId"] == "id-1")
    assert event["captureData"]["endpointInput"] == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"input": 1}',
        "encoding": "JSON",
    }
    assert json.loads(event["captureData"]["endpointOutput"]["data"])["output"] == 1
