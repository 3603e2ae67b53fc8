"""Configurations of the older form deploy as they are; written anew in today's, they ask for no change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.commands import Checkout
from tests.world import World

pytestmark = pytest.mark.e2e

OLDER = """\
# The way it was written before.
app:
  container:
    image: IMAGE  # from the registry
    run_time:
      env:
        - name: S3_BUCKET
          value: modelpoc-models
        - {name: S3_KEY, value: NAME/model.tar.gz}
        - name: WORKERS
          value: 2
      secrets:
        # made before the merge
        - name: REVISION
          value: PARAMETER
  port_mapping:
    port: 8080
routing:
  priority: 110
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("older")
    try:
        yield world
    finally:
        world.down()


@pytest.fixture
def checkout(world: World, tmp_path: Path) -> Checkout:
    return Checkout.of(world, tmp_path)


def older(checkout: Checkout, name: str, image: str, parameter: str, priority: int = 110) -> Path:
    words = {"IMAGE": image, "NAME": name, "PARAMETER": parameter, "110": str(priority)}
    text = OLDER
    for word, meant in words.items():
        text = text.replace(word, meant)
    file = checkout.root / "models_config" / name / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def parameter(world: World, name: str) -> str:
    about = world.prepared
    return f"arn:aws:ssm:{about.region}:{about.account}:parameter/{name}"


def plans_nothing(checkout: Checkout, name: str) -> None:
    plan = checkout.run("plan", name)
    assert plan.code == 0, plan.out + plan.err


def test_an_older_config_with_variables_and_secrets_answers_and_migrates_to_no_change(
    world: World, checkout: Checkout
) -> None:
    world.client("ssm").put_parameter(Name="older-token", Value="from-the-parameter", Type="SecureString")
    file = older(checkout, "older", "local/echo:latest", parameter(world, "older-token"))
    checkout.good("apply", "older")
    answer = world.predict("older")
    assert (answer.status, answer.json()["revision"]) == (200, "from-the-parameter")
    url = world.get("older")["status"]["url"]
    assert {"S3_BUCKET", "S3_KEY", "WORKERS"} <= set(world.ask(f"{url}/env").json())
    plans_nothing(checkout, "older")
    manifest = checkout.good("render", "models_config", "older").out

    assert checkout.run("migrate", "--check").code == 1
    checkout.good("migrate")
    assert file.read_text().startswith(
        "# The way it was written before.\necs:\n  image: local/echo:latest  # from"
    )
    assert checkout.good("render", "models_config", "older").out == manifest
    plans_nothing(checkout, "older")
    calls, generation = world.last_call(), world.get("older")["metadata"]["generation"]
    checkout.good("apply", "older")
    assert world.get("older")["metadata"]["generation"] == generation
    writes = [c["operation"] for c in world.operator_calls(calls) if not reads(c["operation"])]
    assert writes == []


def reads(operation: str) -> bool:
    return operation.startswith(("Describe", "List", "Get", "Head", "AssumeRole"))


def test_a_placeholder_stands_in_until_the_image_is_set_and_migrates_to_no_change(
    world: World, checkout: Checkout
) -> None:
    world.client("ssm").put_parameter(Name="waits", Value="x", Type="SecureString")
    file = older(checkout, "waits", "PLACEHOLDER", parameter(world, "waits"), priority=111)
    world.kubectl("apply", "-f", "-", stdin=checkout.good("render", "models_config", "waits").out)
    world.reason("waits", "Placeholder")
    plans_nothing(checkout, "waits")
    before = file.read_text()
    checkout.good("migrate", "waits")
    plans_nothing(checkout, "waits")
    file.write_text(before)

    image = world.build_echo()
    said = checkout.good("set-image", "waits", image, "-o", "json").json()
    assert (said["from"], said["to"], said["line"]) == ("PLACEHOLDER", image, 4)
    assert file.read_text() == before.replace("PLACEHOLDER", image)
    world.kubectl("apply", "-f", "-", stdin=checkout.good("render", "models_config", "waits").out)
    world.ready("waits")
    checkout.good("migrate", "waits")
    plans_nothing(checkout, "waits")


def test_validate_looks_whether_the_secrets_exist_and_what_the_cluster_says(
    world: World, checkout: Checkout
) -> None:
    missing = older(checkout, "missing", "local/echo:latest", parameter(world, "never-made"), priority=112)
    there = checkout.root / "models_config/there/config.yaml"
    there.parent.mkdir()
    manager = world.client("secretsmanager")
    arn = manager.create_secret(Name="there", SecretString="x")["ARN"]
    secret = {"metadata": {"name": "keys", "labels": {"modelpoc.dev/use": "true"}}, "stringData": {"a": "x"}}
    world.apply({"apiVersion": "v1", "kind": "Secret", **secret})
    there.write_text(
        f"""\
ecs:
  image: elsewhere/echo:1
  secrets:
    - {{name: A, secretsManagerArn: "{arn}:key::"}}
    - {{name: B, secretsManagerArn: "{arn.replace("there", "gone")}"}}
    - {{name: C, secretKeyRef: {{name: keys, key: a}}}}
    - {{name: D, secretKeyRef: {{name: keys, key: b}}}}
route:
  priority: 113
"""
    )
    before = world.last_call()
    done = checkout.run("validate", "--secrets", "--live", "-o", "json")
    assert done.code == 1, done.err
    found = {
        (f["file"], f["line"], f["rule"]): f["message"]
        for f in done.json()["findings"]
        if f["severity"] == "error"
    }
    configs = "models_config"
    assert found.keys() == {
        (f"{configs}/missing/config.yaml", 15, "secret"),
        (f"{configs}/there/config.yaml", 2, "platform"),
        (f"{configs}/there/config.yaml", 5, "secret"),
        (f"{configs}/there/config.yaml", 7, "secret"),
    }
    assert "never-made does not exist" in found[f"{configs}/missing/config.yaml", 15, "secret"]
    assert "allow.images" in found[f"{configs}/there/config.yaml", 2, "platform"]
    assert "key b of Secret default/keys" in found[f"{configs}/there/config.yaml", 7, "secret"]
    calls = [c["operation"] for c in world.local(f"calls?since={before}")["calls"]]
    assert not {"GetParameter", "GetParameters", "GetSecretValue"} & set(calls)

    file = checkout.root / "platform.yaml"
    file.write_text(json.dumps(world.get_platform()))
    missing.unlink()
    missing.parent.rmdir()
    done = checkout.run("validate", "--secrets", "--platform", "platform.yaml", "-o", "text")
    assert done.code == 1
    assert "there/config.yaml:2:3: error: ecs.image" in done.out
    assert done.out.count("[secret]") == 2
