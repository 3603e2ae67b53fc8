"""`modelpoc plan`: what it says before something is applied is what is then done; it writes nothing.

The tests share POCs, as coming up takes its time; each says which it needs, so that any can run alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.e2e.plans import Repository
from tests.world import World, poc

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
UNCHANGED, CHANGES, ERROR = 0, 2, 1


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(world, tmp_path_factory.mktemp("plans"))


def spec_of(name: str, **spec: Any) -> dict[str, Any]:
    found: dict[str, Any] = poc(name, **spec)["spec"]
    return found


def both(world: World, repository: Repository, name: str, **spec: Any) -> None:
    """In the cluster and in Git, the same."""
    repository.write(name, spec_of(name, **spec))
    world.apply(poc(name, **spec))


def secret(name: str, value: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", "labels": {"modelpoc.dev/use": "true"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"key": value}}


ENV = [{"name": "A", "value": "2"}]
AFTER: dict[str, Any] = {"ecs": {"env": ENV, "cpu": 512, "memory": 1024}}
FROM_KUBE = {"name": "TOKEN", "secretKeyRef": {"name": "plan-token", "key": "key"}}


def test_a_poc_from_before_it_is_there_until_it_is_as_planned(world: World, repository: Repository) -> None:
    repository.write("born", spec_of("born"))
    said = repository.plan("born")
    assert (said.code, said.data["exists"], said.data["problems"]) == (CHANGES, False, []), said
    kinds = ("LogGroup", "TargetGroup", "TaskDefinition", "ListenerRule", "Service", "Route")
    assert said.steps() == {("create", kind) for kind in kinds}
    assert said.data["monthlyCost"]["before"] is None
    world.apply(poc("born"))
    world.ready("born")
    said = repository.plan("born")
    assert (said.code, said.data["steps"], said.data["object"]) == (UNCHANGED, [], []), said
    assert "nothing to do" in repository.run("born").out


def test_a_change_until_it_is_carried_out(world: World, repository: Repository) -> None:
    both(world, repository, "changing", ecs={"env": [{"name": "A", "value": "1"}]})
    world.ready("changing")
    after = AFTER
    repository.write("changing", spec_of("changing", **after))
    said = repository.plan("changing")
    assert said.code == CHANGES
    assert said.steps() == {("create", "TaskDefinition"), ("update", "Service"), ("delete", "TaskDefinition")}
    assert said.fields("TaskDefinition", "create") == {"cpu", "memory", "environment.A"}
    assert said.fields("Service") == {"task_definition"}
    assert {c["field"]: (c["have"], c["want"]) for c in said.data["object"]} == {
        "spec.ecs.cpu": (256, 512),
        "spec.ecs.memory": (512, 1024),
        "spec.ecs.env[A].value": ("1", "2"),
    }
    world.apply(poc("changing", **after))
    world.ready("changing")
    assert repository.plan("changing").code == UNCHANGED


def test_what_the_operator_plans_while_observing(world: World, repository: Repository) -> None:
    """Field by field the same, made by the same function."""
    world.apply(secret("plan-token", "hush-hush-1"))
    both(world, repository, "watched", ecs={"secrets": [FROM_KUBE]}, tags={"team": "ml"})
    world.ready("watched")
    world.annotate("watched", "modelpoc.dev/mode=observe")
    world.apply(secret("plan-token", "hush-hush-2"))
    changes = {"ecs": {"cpu": 512, "memory": 1024}, "tags": {"team": "x"}}
    world.patch("watched", changes)
    status = world.until("watched", lambda s: any(p["kind"] == "Secret" for p in s.get("plan", ())))
    said = repository.plan("watched", "--live")
    assert said.code == CHANGES
    assert [_planned(p) for p in status["plan"]] == [_step(s) for s in said.data["steps"]]
    text = repository.run("watched", "--live").out
    ours = [c for p in status["plan"] for c in p["changes"] if not c.startswith("tags.modelpoc.dev/")]
    assert [change for change in ours if change not in text] == []
    assert "fingerprint: (hidden) → (hidden)" in text
    assert "hush-hush" not in text
    world.annotate("watched", "modelpoc.dev/mode-")


def _planned(step: Mapping[str, Any]) -> tuple[str, ...]:
    fields = [change.partition(": ")[0] for change in step.get("changes", ())]
    return (step["action"], step["kind"], step["name"], *fields)


def _step(step: Mapping[str, Any]) -> tuple[str, ...]:
    return (step["action"], step["kind"], step["name"], *(c["field"] for c in step["changes"]))


def test_a_suspended_poc(world: World, repository: Repository) -> None:
    both(world, repository, "sleeper")
    world.ready("sleeper")
    repository.write("sleeper", spec_of("sleeper", suspend=True))
    said = repository.plan("sleeper")
    assert said.code == CHANGES
    gone = ("Route", "Service", "ListenerRule", "TargetGroup", "TaskDefinition")
    assert said.steps() == {("delete", kind) for kind in gone}
    assert said.data["monthlyCost"]["after"] is None
    world.apply(poc("sleeper", suspend=True))
    world.reason("sleeper", "Suspended")
    assert repository.plan("sleeper").code == UNCHANGED
    repository.write("sleeper", spec_of("sleeper"))
    said = repository.plan("sleeper")
    assert (said.code, said.steps()) == (CHANGES, {("create", kind) for kind in gone})


def test_a_config_that_cannot_be_read(repository: Repository) -> None:
    repository.write("broken", "ecs:\n  image: a\n  prot: 80\n")
    said = repository.run("broken")
    assert said.code == ERROR
    assert "models_config/broken/config.yaml:3" in said.err
    assert "port" in said.err


@pytest.mark.parametrize(
    ("name", "spec", "why"),
    [
        (
            "keyless",
            {"ecs": {"secrets": [{"name": "T", "secretKeyRef": {"name": "nowhere", "key": "k"}}]}},
            "key k of Secret default/nowhere was not found",
        ),
        ("rival", {"route": {"path": "/poc-deployment/born"}}, "is held by"),
        ("elsewhere", {"platformRef": {"name": "none"}}, "there is no ModelPlatform none"),
    ],
)
def test_what_speaks_against_it(
    world: World, repository: Repository, name: str, spec: dict[str, Any], why: str
) -> None:
    both(world, repository, "born")
    world.ready("born")
    repository.write(name, spec_of(name, **spec))
    said = repository.plan(name)
    assert said.code == ERROR, said
    assert any(why in problem for problem in said.data["problems"]), said.data["problems"]


def test_a_parameter_that_is_not_there(world: World, repository: Repository) -> None:
    account = world.get_platform()["spec"]["accountId"]
    region = world.get_platform()["spec"]["region"]
    arn = f"arn:aws:ssm:{region}:{account}:parameter/nowhere"
    secrets = [{"name": "T", "ssmParameterArn": arn}]
    repository.write("parameterless", spec_of("parameterless", ecs={"secrets": secrets}))
    said = repository.plan("parameterless")
    assert said.code == ERROR
    assert any(arn in problem for problem in said.data["problems"])


def test_two_new_ones_that_want_the_same(repository: Repository) -> None:
    for name in ("twin-a", "twin-b"):
        repository.write(name, spec_of(name, route={"path": "/twins"}))
    done = repository.run("twin-a", "twin-b", "-o", "json")
    first, second = done.json()
    assert done.code == ERROR
    assert first["problems"] == []
    assert "another POC" in second["problems"][0]


def test_a_comment_for_a_pull_request(world: World, repository: Repository) -> None:
    both(world, repository, "born")
    both(world, repository, "changing", **AFTER)
    world.ready("born")
    world.ready("changing")
    repository.write("changing", spec_of("changing", ecs={"cpu": 1024, "memory": 2048, "env": ENV}))
    said = repository.run("changing", "born", "-o", "markdown")
    assert said.code == CHANGES
    lines = said.out.splitlines()
    assert "#### `changing`: 1 to create, 1 to update, 1 to delete" in lines
    assert "| + | create TaskDefinition | `cpu` | `512` | `1024` |" in lines
    assert lines[-1] == "Nothing to do: `born`"
    assert str(world.get_platform()["spec"]["accountId"]) not in said.out
