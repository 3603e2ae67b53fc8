"""The counter's function, invoked as people do by hand: what goes in and comes out is the older way's."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.endpoints import endpoint_name
from tests.world import ROOT, World, is_true, wait_for

from localcloud.demo.commands import keys
from localcloud.demo.examples import COUNTER
from localcloud.demo.manifests import rendered, with_variables
from localcloud.demo.page import Page, publish
from localcloud.demo.shipping import Shipping

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SENTENCE = re.compile(r"Most likely answer: there is ([1-5]) object\(s\) in the bin")
AWS_CLI = "awscli==1.44.0"


class Counter:
    """The object counter on a cloud, with its pictures where anybody may read them."""

    def __init__(self, world: World) -> None:
        self.world = world
        shipping = Shipping(world.files, ROOT / "models")
        asyncio.run(shipping.ship(COUNTER.name, world.prepared.bucket, lambda _: None))
        self.page: Page = publish(world.files, COUNTER.name, shipping.model(COUNTER.name) / COUNTER.page)
        world.apply(with_variables(asyncio.run(rendered(ROOT, COUNTER.name)), dict(COUNTER.local)))
        self.function = endpoint_name(world.ready(COUNTER.name, 180))

    def event(self, picture: str) -> dict[str, str]:
        """As the older documentation writes it, to the space."""
        return {"body": f'{{\n  "url": "{self.page.file(picture)}"\n}}'}


@pytest.fixture(scope="module")
def counter(world: World) -> Counter:
    return Counter(world)


def is_the_seeds(answer: dict[str, Any], count: int) -> None:
    assert set(answer) == {"statusCode", "headers", "body"}
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"Content-Type": "text/plain", "Access-Control-Allow-Origin": "*"}
    said = SENTENCE.fullmatch(answer["body"])
    assert said, answer["body"]
    assert int(said[1]) == count


@pytest.mark.parametrize("count", [1, 3, 5])
def test_boto3_invokes_it_with_the_seeds_event(world: World, counter: Counter, count: int) -> None:
    event = json.dumps(counter.event(f"examples/{count}-a.png")).encode()
    answer = world.client("lambda").invoke(FunctionName=counter.function, Payload=event)
    assert (answer["StatusCode"], answer.get("FunctionError")) == (200, None)
    is_the_seeds(json.load(answer["Payload"]), count)


@pytest.fixture(scope="session")
def aws_cli() -> tuple[str, ...]:
    """AWS's own command, from PyPI, in an environment of its own."""
    if (uv := shutil.which("uv")) is None:
        pytest.skip("no uv to get the AWS CLI with")
    words = (uv, "tool", "run", "--from", AWS_CLI, "aws")
    got = subprocess.run([*words, "--version"], capture_output=True, text=True, check=False, timeout=240)
    if got.returncode != 0:
        pytest.skip(f"the AWS CLI cannot be had: {got.stderr[-300:]}")
    assert AWS_CLI.rpartition("=")[2] in got.stdout
    return words


def test_the_aws_cli_invokes_it_with_the_seeds_event(
    world: World, counter: Counter, aws_cli: tuple[str, ...], tmp_path: Path
) -> None:
    event, out = tmp_path / "event.json", tmp_path / "out.json"
    event.write_text(json.dumps(counter.event("examples/2-a.png")))
    words = ("lambda", "invoke", "--function-name", counter.function)
    given = ("--payload", f"file://{event}", str(out))
    environ = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | keys(world.files)
    done = subprocess.run(
        [*aws_cli, *words, *given], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["StatusCode"] == 200
    is_the_seeds(json.loads(out.read_text()), 2)


def test_the_public_url_says_the_same(world: World, counter: Counter) -> None:
    status = world.get(COUNTER.name)["status"]
    assert wait_for(lambda: is_true(world.get(COUNTER.name)["status"], "Ready"), 60)
    answer = world.ask(status["predictUrl"], {"url": counter.page.file("examples/4-a.png")})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = SENTENCE.fullmatch(answer.body)
    assert said
    assert said[1] == "4"
