"""Secrets: by reference from AWS, as owned copies from Kubernetes; values are seen by containers only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.features import (
    definition,
    events,
    held,
    looked_again,
    operator_log,
    platform_patch,
    revision,
    rolled,
    service,
)
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("secrets")
    try:
        yield world
    finally:
        world.down()


def with_secret(name: str, **where: Any) -> dict[str, Any]:
    return poc(name, ecs={"secrets": [{"name": "REVISION", **where}]})


def kube_secret(name: str, labelled: bool = True, **data: str) -> dict[str, Any]:
    labels = {"modelpoc.dev/use": "true"} if labelled else {}
    metadata = {"name": name, "namespace": "default", "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def from_key(name: str, secret: str, key: str = "token") -> dict[str, Any]:
    return with_secret(name, secretKeyRef={"name": secret, "key": key})


def parameter(world: World, name: str) -> str:
    about = world.prepared
    return f"arn:aws:ssm:{about.region}:{about.account}:parameter/{name}"


def put_parameter(world: World, name: str, value: str) -> None:
    world.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def test_a_parameter_reaches_the_container_and_a_new_version_of_it_rolls_the_service(world: World) -> None:
    put_parameter(world, "first", "value-one")
    world.apply(with_secret("by-parameter", ssmParameterArn=parameter(world, "first")))
    before = world.ready("by-parameter")["revision"]
    assert revision(world, "by-parameter") == "value-one"

    put_parameter(world, "first", "value-two")
    rolled(world, "by-parameter", before)
    assert revision(world, "by-parameter") == "value-two"


def test_a_secret_of_secrets_manager_reaches_the_container_and_a_new_version_rolls(world: World) -> None:
    manager = world.client("secretsmanager")
    arn = manager.create_secret(Name="given", SecretString="given-one")["ARN"]
    world.apply(with_secret("by-secret", secretsManagerArn=arn))
    before = world.ready("by-secret")["revision"]
    assert revision(world, "by-secret") == "given-one"

    manager.put_secret_value(SecretId=arn, SecretString="given-two")
    rolled(world, "by-secret", before)
    assert revision(world, "by-secret") == "given-two"

    world.delete("by-secret")
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == "given-two", "it is not ours to delete"


def test_a_json_key_of_a_secret_is_what_the_container_gets(world: World) -> None:
    manager = world.client("secretsmanager")
    arn = manager.create_secret(Name="json", SecretString=json.dumps({"user": "u", "password": "p"}))["ARN"]
    world.apply(with_secret("by-json-key", secretsManagerArn=f"{arn}:password::"))
    world.ready("by-json-key")
    assert revision(world, "by-json-key") == "p"


@pytest.mark.parametrize("kind", ["parameter", "secret"])
def test_what_does_not_exist_is_said_and_is_used_once_it_does(world: World, kind: str) -> None:
    name, about = f"no-{kind}", world.prepared
    secret = f"arn:aws:secretsmanager:{about.region}:{about.account}:secret:missing-AbCdEf"
    where = (
        {"ssmParameterArn": parameter(world, "missing")}
        if kind == "parameter"
        else {"secretsManagerArn": secret}
    )
    world.apply(with_secret(name, **where))
    world.stalled(name, "SecretNotFound")
    ready = world.condition(name, "SecretsReady")
    assert (ready["status"], ready["reason"]) == ("False", "SecretNotFound")
    assert "create it, or correct the name" in ready["message"]
    assert next(iter(where.values())) in ready["message"]
    assert not held(world, name), "nothing is begun that cannot be finished"

    put_parameter(world, "missing", "found")
    arn = parameter(world, "missing")
    if kind == "parameter":
        world.annotate(name, "modelpoc.dev/reconcile-at=now")
    else:
        world.apply(with_secret(name, ssmParameterArn=arn))
    world.ready(name)
    world.client("ssm").delete_parameter(Name="missing")
    world.delete(name)


def test_what_the_platform_does_not_list_is_refused_before_aws_is_asked(world: World) -> None:
    put_parameter(world, "private", "x")
    allowed = [parameter(world, "public*")]
    before = world.get_platform()["spec"]["allow"]["secretArns"]
    platform_patch(world, {"allow": {"secretArns": allowed}})
    try:
        since = world.last_call()
        world.apply(with_secret("not-allowed", ssmParameterArn=parameter(world, "private")))
        status = world.stalled("not-allowed", "SecretNotAllowed")
        message = next(c["message"] for c in status["conditions"] if c["type"] == "Ready")
        assert parameter(world, "private") in message
        assert "allow.secretArns" in message
        asked = [c for c in world.operator_calls(since) if "private" in json.dumps(c["parameters"])]
        assert not asked
        assert not held(world, "not-allowed")
    finally:
        platform_patch(world, {"allow": {"secretArns": before}})
    world.ready("not-allowed")


def test_a_key_of_a_labelled_secret_becomes_an_owned_secret_that_follows_it(world: World) -> None:
    world.apply(kube_secret("tokens", token="kube-one"))
    world.apply(from_key("by-key", "tokens"))
    before = world.ready("by-key")["revision"]
    assert revision(world, "by-key") == "kube-one"
    manager = world.client("secretsmanager")
    name = "modelpoc/default/default/by-key/tokens/token"
    assert manager.get_secret_value(SecretId=name)["SecretString"] == "kube-one"

    world.apply(kube_secret("tokens", token="kube-two"))
    rolled(world, "by-key", before)
    assert revision(world, "by-key") == "kube-two"
    assert manager.get_secret_value(SecretId=name)["SecretString"] == "kube-two"


def test_an_unlabelled_secret_is_not_read_until_it_is_labelled(world: World) -> None:
    world.apply(kube_secret("plain", labelled=False, token="unread"))
    world.apply(from_key("unlabelled", "plain"))
    status = world.stalled("unlabelled", "SecretNotFound")
    message = next(c["message"] for c in status["conditions"] if c["type"] == "Ready")
    assert "default/plain" in message
    assert 'modelpoc.dev/use: "true"' in message
    world.kubectl("label", "secret", "plain", "modelpoc.dev/use=true")
    world.ready("unlabelled")
    assert revision(world, "unlabelled") == "unread"


def test_a_missing_key_is_said_while_what_runs_goes_on(world: World) -> None:
    world.apply(kube_secret("keys", token="here"))
    world.apply(from_key("missing-key", "keys", key="other"))
    status = world.stalled("missing-key", "SecretNotFound")
    assert "key other of Secret default/keys" in json.dumps(status["conditions"])
    world.apply(from_key("missing-key", "keys"))
    world.ready("missing-key")

    world.kubectl("delete", "secret", "keys")
    world.stalled("missing-key", "SecretNotFound")
    assert revision(world, "missing-key") == "here"
    assert world.condition("missing-key", "Routed")["status"] != "False"


def owned_secrets(world: World, name: str) -> list[str]:
    return sorted(arn for arn in held(world, name) if ":secretsmanager:" in arn)


def test_suspension_keeps_the_owned_secret_even_when_kubernetes_copy_is_gone(world: World) -> None:
    world.apply(kube_secret("kept", token="kept-value"))
    world.apply(from_key("rests", "kept"))
    world.ready("rests")
    before = owned_secrets(world, "rests")
    world.patch("rests", {"suspend": True})
    world.reason("rests", "Suspended")
    assert owned_secrets(world, "rests") == before

    world.kubectl("delete", "secret", "kept")
    since = world.last_call()
    world.annotate("rests", "modelpoc.dev/reconcile-at=1")
    assert wait_for(lambda: bool(world.operator_calls(since)), 60)
    world.stop_operator()
    world.start_operator()
    world.wait_platform()
    looked_again(world, times=3)
    assert owned_secrets(world, "rests") == before

    world.apply(kube_secret("kept", token="kept-value"))
    world.patch("rests", {"suspend": False})
    world.ready("rests")
    assert revision(world, "rests") == "kept-value"


def test_deleting_and_creating_again_works_while_the_name_waits_for_its_deletion(world: World) -> None:
    world.apply(kube_secret("again", token="again-one"))
    world.apply(from_key("comes-back", "again"))
    world.ready("comes-back")
    world.delete("comes-back")
    name = "modelpoc/default/default/comes-back/again/token"
    assert world.client("secretsmanager").describe_secret(SecretId=name).get("DeletedDate")
    assert not owned_secrets(world, "comes-back")

    world.apply(kube_secret("again", token="again-two"))
    world.apply(from_key("comes-back", "again"))
    world.ready("comes-back")
    assert revision(world, "comes-back") == "again-two"


def test_values_appear_nowhere_but_in_the_container(world: World) -> None:
    values = ["hidden-kube-1f2e", "hidden-parameter-3d4c", "hidden-secret-5b6a", "hidden-next-7988"]
    world.apply(kube_secret("hide", token=values[0]))
    put_parameter(world, "hide", values[1])
    arn = world.client("secretsmanager").create_secret(Name="hide", SecretString=values[2])["ARN"]
    refs = [
        {"name": "REVISION", "secretKeyRef": {"name": "hide", "key": "token"}},
        {"name": "B", "ssmParameterArn": parameter(world, "hide")},
        {"name": "C", "secretsManagerArn": arn},
    ]
    world.apply(poc("hides", ecs={"secrets": refs}))
    before = world.ready("hides")["revision"]
    world.apply(kube_secret("hide", token=values[3]))
    rolled(world, "hides", before)
    assert revision(world, "hides") == values[3]
    world.annotate("hides", "modelpoc.dev/mode=observe")
    world.apply(kube_secret("hide", token=values[0]))
    planned = world.until("hides", lambda s: bool(s.get("plan")))
    told = {
        "log": operator_log(world),
        "events": json.dumps(events(world, "hides")),
        "status": json.dumps(world.get("hides")["status"]),
        "plan": json.dumps(planned["plan"]),
        "definition": json.dumps(definition(world, "hides"), default=str),
        "service": json.dumps(service(world, "hides"), default=str),
        "calls": json.dumps(world.local("calls")),
    }
    leaks = [(where, value) for where, text in told.items() for value in values if value in text]
    assert not leaks
    encoded = "aGlkZGVuLWt1YmUt"
    assert not [where for where, text in told.items() if encoded in text]
