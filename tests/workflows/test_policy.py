"""What every workflow of this repository keeps to, whatever it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.workflows.runner import ROOT, WORKFLOWS, load

pytestmark = pytest.mark.unit

FILES = sorted(WORKFLOWS.glob("*.y*ml"))
SCRIPTS = sorted((ROOT / ".github/scripts").glob("*.sh"))
SOURCED = {"names.sh", "registry.sh"}
SLACK = "./.github/workflows/slack.yaml"
PINNED = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<sha>[0-9a-f]{40}) # v\d+\.\d+\.\d+$")

every_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(file)["jobs"]
    return found


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(file).values():
        yield from job.get("steps", [])


def is_called(file: Path) -> bool:
    """A part of others, never run on its own."""
    return set(load(file)[True]) == {"workflow_call"}


def test_the_workflows_that_people_know_are_there() -> None:
    names = {file.name for file in FILES}
    assert {
        "manage-resources.yaml",
        "deploy-task-definition.yaml",
        "pull-request.yaml",
        "deploy.yaml",
    } <= names


def test_inputs_by_hand_are_those_of_the_guide() -> None:
    manage = load(WORKFLOWS / "manage-resources.yaml")[True]["workflow_dispatch"]["inputs"]
    deploy = load(WORKFLOWS / "deploy-task-definition.yaml")[True]["workflow_dispatch"]["inputs"]
    assert list(manage) == ["action", "name"]
    assert manage["action"]["options"] == ["apply", "destroy"]
    assert list(deploy) == ["name"]


@every_workflow
def test_actions_are_pinned_by_commit_with_their_version(file: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in file.read_text().splitlines() if "uses:" in line]
    loose = [line for line in used if not line.startswith("uses: ./") and not PINNED.match(line)]
    assert not loose


def test_an_action_has_one_version() -> None:
    pins: dict[str, set[str]] = {}
    for file in FILES:
        for line in file.read_text().splitlines():
            if found := PINNED.search(line):
                pins.setdefault(found["action"], set()).add(line.partition("@")[2])
    assert pins
    assert [action for action, versions in pins.items() if len(versions) > 1] == []


@every_workflow
def test_permissions_are_none_but_what_a_job_names(file: Path) -> None:
    assert load(file)["permissions"] == {}
    assert all("permissions" in job for job in jobs(file).values())


@every_workflow
def test_writing_needs_a_reason(file: Path) -> None:
    """Only the commit of digests and the comment may write; everything else reads."""
    allowed = {
        ("publish.yaml", "record"),
        ("deploy.yaml", "publish"),
        ("deploy-task-definition.yaml", "publish"),
    }
    for name, job in jobs(file).items():
        writes = {what for what, level in job["permissions"].items() if level == "write"} - {"id-token"}
        if (file.name, name) in allowed:
            assert writes == {"contents"}
        elif (file.name, name) == ("pull-request.yaml", "plan"):
            assert writes == {"pull-requests"}
        else:
            assert writes == set()


@every_workflow
def test_a_token_for_aws_is_had_only_where_it_is_used(file: Path) -> None:
    for name, job in jobs(file).items():
        asks = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
        passes_on = job.get("uses", "").endswith("publish.yaml")
        assert (job["permissions"].get("id-token") == "write") == (asks or passes_on), name


@every_workflow
def test_nothing_waits_or_runs_without_end(file: Path) -> None:
    document = load(file)
    assert document["concurrency"]["group"]
    assert "cancel-in-progress" in document["concurrency"]
    assert all("timeout-minutes" in job for job in jobs(file).values() if "uses" not in job)


def test_what_changes_a_poc_waits_its_turn_and_is_never_cut_off() -> None:
    groups = []
    for file in FILES:
        for holder in (load(file), *jobs(file).values()):
            group = holder.get("concurrency", {}).get("group", "")
            if group.startswith("poc-"):
                assert holder["concurrency"]["cancel-in-progress"] is False
                groups.append(file.name)
    assert sorted(groups) == [
        "deploy-task-definition.yaml",
        "deploy.yaml",
        "deploy.yaml",
        "manage-resources.yaml",
    ]


@every_workflow
def test_no_expression_reaches_a_script(file: Path) -> None:
    """Whatever people can write (titles, branches, inputs) comes to a shell in its environment alone."""
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


@every_workflow
def test_scripts_stop_at_the_first_error(file: Path) -> None:
    assert load(file)["defaults"]["run"]["shell"] == "bash"
    assert all(
        step["run"].startswith("set -euo pipefail\n") for step in steps(file) if "\n" in step.get("run", "")
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_scripts_on_disk_do_too(script: Path) -> None:
    text = script.read_text()
    if script.name in SOURCED:
        assert text.startswith("# shellcheck shell=bash\n")
        return
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert script.stat().st_mode & 0o111


@every_workflow
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    checkouts = [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_every_run_ends_by_telling_slack(file: Path) -> None:
    if is_called(file):
        return
    *others, (_, last) = jobs(file).items()
    assert last["uses"] == SLACK
    assert last["if"] == "${{ always() }}"
    needs = [last["needs"]] if isinstance(last["needs"], str) else last["needs"]
    assert set(needs) == {name for name, _ in others}
    assert last["with"]["results"] == "${{ toJSON(needs.*.result) }}"


def test_telling_slack_needs_no_checkout() -> None:
    """Else a run whose first step fails would go untold."""
    [job] = jobs(WORKFLOWS / "slack.yaml").values()
    assert job["if"] == "${{ always() }}"
    told = job["steps"]
    assert len(told) == 1
    assert told[0]["if"] == "${{ always() }}"
    assert "uses" not in told[0]
    assert ".github/" not in told[0]["run"]


@every_workflow
def test_secrets_are_named_one_by_one(file: Path) -> None:
    named = set(re.findall(r"secrets\.(\w+)", file.read_text()))
    assert named <= {"SLACK_WEBHOOK_URL", "RECORD_TOKEN"}
    assert all(job.get("secrets") != "inherit" for job in jobs(file).values())


def test_a_fork_gets_nothing_of_aws() -> None:
    """Such a job would only fail there; and a pull request never runs with the rights of the branch."""
    assert all("pull_request_target" not in load(file)[True] for file in FILES)
    for name, job in jobs(WORKFLOWS / "pull-request.yaml").items():
        if job["permissions"].get("id-token") == "write":
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"], name


def test_no_long_lived_key() -> None:
    for file in FILES:
        assert "aws-access-key-id" not in file.read_text()
        assert "AWS_SECRET_ACCESS_KEY" not in file.read_text()


def test_every_variable_and_secret_is_in_the_guide() -> None:
    guide = (ROOT / "docs/workflows.md").read_text()
    used = {name for file in FILES for name in re.findall(r"\b(?:vars|secrets)\.(\w+)", file.read_text())}
    assert {name for name in used if f"`{name}`" not in guide} == set()


def test_dependabot_keeps_the_pins_current() -> None:
    document = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())
    assert [update["package-ecosystem"] for update in document["updates"]] == ["github-actions"]
