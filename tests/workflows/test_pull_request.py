"""A pull request's workflow, step by step, without AWS: as in a fork, or before anything is set up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.workflows.cloud import docker_calls
from tests.workflows.origin import Origin, model
from tests.workflows.repository import Event, Repository
from tests.workflows.runner import Run
from tests.workflows.web import Web

pytestmark = pytest.mark.local

Runs = Callable[..., Run]
PRIVATE = "FROM 763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0\nCOPY app.py /\n"


@pytest.fixture(autouse=True)
def _fresh_slack(web: Web) -> Iterator[None]:
    web.slack.clear()
    yield
    web.slack_answers = 200


def test_a_new_model_is_validated_tested_and_built(
    origin: Origin, repository: Repository, run: Runs, web: Web
) -> None:
    tested = {"models/first/tests/test_it.py": "def test_it():\n    assert 1\n"}
    done = run("pull-request.yaml", origin.proposed(1, {**model("first"), **tested}))
    assert done.result == "success", done.log
    assert {name for name, job in done.jobs.items() if job.result == "success"} == {
        "changes",
        "validate",
        "test (first)",
        "build (first)",
        "tell/slack",
    }
    assert "1 passed" in done.jobs["test (first)"].log
    assert "::notice file=models_config/first/config.yaml,line=3" in done.jobs["validate"].log
    assert "Not checked here" in done.jobs["validate"].log
    [build] = docker_calls(repository, "build")
    assert build[-1] == "models/first"
    link = "<https://github.com/people/models/actions/runs/4711|run>"
    assert web.slack == [
        ":white_check_mark: *pull request* succeeded: pull request 1"
        f" ({link} by someone, people/models at {done.event.sha[:9]})"
    ]


def test_a_change_elsewhere_builds_nothing(origin: Origin, run: Runs) -> None:
    done = run("pull-request.yaml", origin.proposed(2, {"README.md": "No model.\n"}), without="validate")
    assert done.result == "success", done.log
    assert done.jobs["changes"].outputs == dict.fromkeys(("pocs", "images", "public", "private"), "[]")
    assert [done.jobs[name].result for name in ("test", "build", "plan")] == ["skipped"] * 3


def test_a_wrong_config_is_shown_at_its_line(origin: Origin, run: Runs, web: Web) -> None:
    wrong = model("wrong") | {"models_config/wrong/config.yaml": "ecs:\n  image: PLACEHOLDER\n  prot: 8080\n"}
    done = run("pull-request.yaml", origin.proposed(3, wrong))
    assert done.jobs["validate"].result == "failure"
    assert "::error file=models_config/wrong/config.yaml,line=3" in done.jobs["validate"].log
    assert web.slack[0].startswith(":x: *pull request* failed")


def test_a_model_whose_tests_or_build_fail_fails_alone(origin: Origin, run: Runs) -> None:
    bad = model("bad", dockerfile="FROM scratch\nRUN false\n")
    bad["models/bad/tests/test_it.py"] = "def test_it():\n    assert 0\n"
    done = run("pull-request.yaml", origin.proposed(4, {**bad, **model("good")}), without="validate")
    assert done.result == "failure"
    assert done.jobs["test (bad)"].result == done.jobs["build (bad)"].result == "failure"
    assert done.jobs["test (good)"].result == done.jobs["build (good)"].result == "success"


def test_a_model_for_arm_is_built_there(origin: Origin, repository: Repository, run: Runs) -> None:
    arm = model("arm") | {
        "models_config/arm/config.yaml": "ecs:\n  image: PLACEHOLDER\n  architecture: ARM64\n"
    }
    done = run("pull-request.yaml", origin.proposed(5, arm), without="validate test")
    assert json.loads(done.jobs["changes"].outputs["images"]) == [
        {"name": "arm", "runner": "ubuntu-24.04-arm"}
    ]
    assert "linux/arm64" in docker_calls(repository)[-1]


def test_a_base_in_a_registry_of_aws_is_left_out_without_aws(origin: Origin, run: Runs) -> None:
    private = origin.proposed(6, model("private", dockerfile=PRIVATE))
    done = run("pull-request.yaml", private, without="validate test")
    assert done.result == "success", done.log
    assert done.jobs["changes"].outputs["public"] == "[]"
    assert json.loads(done.jobs["changes"].outputs["private"])[0]["name"] == "private"
    assert [done.jobs[name].result for name in ("build", "build-private")] == ["skipped"] * 2


def test_a_fork_gets_no_secret_and_tells_no_one(
    origin: Origin, repository: Repository, tmp_path: Path, web: Web
) -> None:
    equipped = replace(
        repository, variables={"AWS_PLAN_ROLE": "arn:aws:iam::1:role/plan", "AWS_REGION": "eu-west-1"}
    )
    forked = origin.proposed(7, model("forked"), fork=True)
    done = Run(equipped, forked, tmp_path, left_out=frozenset({"validate"})).of("pull-request.yaml")
    assert done.result == "success", done.log
    assert [done.jobs[name].result for name in ("prerequisites", "plan", "build-private")] == ["skipped"] * 3
    assert done.jobs["build (forked)"].result == "success"
    assert "there is no secret SLACK_WEBHOOK_URL here" in done.jobs["tell/slack"].log
    assert web.slack == []


def test_slack_hears_of_a_run_whose_checkout_failed(origin: Origin, run: Runs, web: Web) -> None:
    done = run("pull-request.yaml", origin.proposed(8, {}), action="actions/checkout")
    assert done.jobs["changes"].result == "failure"
    assert web.slack[0].startswith(":x: *pull request* failed")


def test_slack_hears_of_a_cancelled_run(origin: Origin, run: Runs, web: Web) -> None:
    done = run("pull-request.yaml", origin.proposed(9, {}), cancelled_in="validate")
    assert done.jobs["test"].result == "skipped"
    assert web.slack[0].startswith(":no_entry_sign: *pull request* was cancelled")


def test_a_dead_slack_changes_no_result(origin: Origin, run: Runs, web: Web) -> None:
    web.slack_answers = 404
    done = run("pull-request.yaml", origin.proposed(10, {}), without="validate")
    assert done.result == "success", done.log
    assert "::warning::Slack could not be told that pull request succeeded." in done.jobs["tell/slack"].log


def test_what_people_write_stays_text(
    repository: Repository, origin: Origin, tmp_path: Path, web: Web
) -> None:
    """A name that is a script, an output or a link is none of them."""
    inputs = {"action": "destroy", "name": "x`touch owned`$(id) <!channel> & co"}
    done = Run(repository, Event("workflow_dispatch", origin.follow(), inputs=inputs), tmp_path).of(
        "manage-resources.yaml"
    )
    assert done.jobs["resources"].result == "failure"
    assert "::error::there is no POC" in done.jobs["resources"].log
    assert not list(tmp_path.rglob("owned"))
    assert "destroy x`touch owned`$(id) &lt;!channel&gt; &amp; co" in web.slack[0]


@pytest.mark.parametrize(
    ("action", "name"), [("apply", "none"), ("apply", "../models_config"), ("apply", ""), ("destroy", "a b")]
)
def test_a_name_that_is_no_poc_is_refused_before_anything_is_asked(
    action: str, name: str, repository: Repository, origin: Origin, tmp_path: Path
) -> None:
    event = Event("workflow_dispatch", origin.follow(), inputs={"action": action, "name": name})
    done = Run(repository, event, tmp_path).of("manage-resources.yaml")
    assert done.result == "failure"
    assert "there is no POC" in done.jobs["resources"].log
    assert "modelpoc" not in done.jobs["resources"].log.replace("models_config", "").split("there is")[0]
