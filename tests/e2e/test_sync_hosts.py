"""Private repositories, webhooks and commit statuses, with Git's own HTTP server and GitHub's API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from tests.e2e.git_host import Host, hosting
from tests.e2e.repositories import Repository, config, configs, file
from tests.e2e.running import holds, running
from tests.e2e.sync_place import Place, api_server
from tests.e2e.test_admission import Kubectl

from modelpoc.sync.git import Limits
from modelpoc.sync.github import Place as StatusPlace
from modelpoc.sync.report import Report, Result
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Settings, Sync

pytestmark = pytest.mark.e2e

SSH = """#!/bin/sh
while [ $# -gt 1 ]; do
  case "$1" in
    -i) key="$2"; shift ;;
    *=*known_hosts) hosts="${1#*=}" ;;
  esac
  shift
done
if [ "$(stat -c %a "$key")" != 600 ] || ! grep -q THE-KEY "$key"; then
  echo "Permission denied (publickey)" >&2
  exit 255
fi
grep -q git.example.com "$hosts" || exit 255
eval "exec $1"
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    with api_server(tmp_path_factory.mktemp("plane")) as kubectl:
        yield kubectl


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with hosting(tmp_path / "host") as host:
        yield host


@pytest.fixture
def place(
    kubectl: Kubectl,
    host: Host,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    """Its repository is `team/pocs` on the host."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made = Place(kubectl, tmp_path, request.node.name)
    monkeypatch.setenv("KUBECONFIG", made.kubeconfig)
    made.repository = Repository(host.root / "team")
    made.settings = replace(made.settings, source=Source.of(host.clone_url("pocs")))
    return made


def give(place: Place, **values: str) -> str:
    """A Secret with these values; its namespace/name."""
    words = [f"--from-literal={key}={value}" for key, value in values.items()]
    place.kubectl.must("create", "secret", "generic", "git", "-n", place.namespace, *words)
    return f"{place.namespace}/git"


@pytest.mark.parametrize("way", ["token", "password", "environment"])
async def test_a_private_repository_opens_with_its_credentials(
    place: Place, host: Host, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    place.repository.push(configs("cups"))
    secret = None
    if way == "token":
        secret = give(place, token=host.token)
    elif way == "password":
        host.user = "deployer"
        secret = give(place, username="deployer", password=host.token)
    else:
        monkeypatch.setenv("MODELPOC_GIT_TOKEN", host.token)
    assert (await place.once(secret=secret)).written == ("cups",)


async def test_it_stays_shut_without_and_the_secret_is_told_nowhere(
    place: Place, host: Host, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    place.repository.push(configs("cups"))
    shut = await place.once()
    assert (shut.result, "refuses these credentials" in shut.error) == (Result.FAILED, True), shut.error
    missing = await place.once(secret=f"{place.namespace}/git")
    assert "there is no Secret" in missing.error
    wrong = await place.once(secret=give(place, token="a-wrong-token-7"))
    assert "refuses these credentials" in wrong.error
    right = f'{{"stringData": {{"token": "{host.token}"}}}}'
    place.kubectl.must("patch", "secret", "git", "-n", place.namespace, "--type=merge", "-p", right)
    assert (await place.once(secret=f"{place.namespace}/git")).ok
    told = caplog.text + json.dumps([r.to_dict() for r in (shut, missing, wrong)]) + str(place.events())
    told += json.dumps(place.pocs()) + "".join(
        f.read_text(errors="ignore") for f in files(tmp_path / "cache")
    )
    assert host.token not in told
    assert "a-wrong-token-7" not in told


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_no_process_has_the_token_among_its_arguments(place: Place, host: Host) -> None:
    place.repository.push(configs("cups"))
    host.delay = 0.3
    seen: list[str] = []
    look = asyncio.create_task(place.once(secret=give(place, token=host.token)))
    while not look.done():
        seen += await asyncio.to_thread(command_lines)
        await asyncio.sleep(0.02)
    assert (await look).ok
    assert any("git" in line and "fetch" in line for line in seen)
    assert not any(host.token in line for line in seen)


def command_lines() -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(process.read_text(errors="replace").replace("\0", " "))
        except OSError:
            continue
    return found


async def test_a_host_that_hangs_is_given_up(place: Place, host: Host) -> None:
    place.repository.push(configs("cups"))
    secret = give(place, token=host.token)
    host.delay = 60.0
    report = await place.once(secret=secret, limits=Limits(seconds=1.0))
    assert (report.result, "took longer than 1 s" in report.error) == (Result.FAILED, True), report.error
    await holds(lambda: not any(host.url in line and "git" in line for line in command_lines()), 20)


async def test_an_ssh_repository_opens_with_its_key(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ssh` itself is stood in for: it wants the key as the Secret has it, for its owner alone."""
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    place.repository.push(configs("cups"))
    source = Source.of(f"git@git.example.com:{place.repository.bare}")
    secret = give(place, ssh_privatekey="THE-KEY", known_hosts="x")
    place.kubectl.must("delete", "secret", "git", "-n", place.namespace)
    words = (
        "--from-literal=ssh-privatekey=THE-KEY",
        "--from-literal=known_hosts=git.example.com ssh-ed25519 AAAA",
    )
    place.kubectl.must("create", "secret", "generic", "git", "-n", place.namespace, *words)
    assert (await place.once(source=source, secret=secret)).written == ("cups",)
    wrong = await place.once(source=source)
    assert "refuses these credentials" in wrong.error
    assert not [path for path in files(tmp_path / "cache") if "THE-KEY" in path.read_text(errors="ignore")]


class Hook:
    """A running sync that polls once an hour, and its webhook."""

    def __init__(self, place: Place, secret: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "modelpoc.sync.sync")
        self.reports: list[Report] = []
        settings = replace(
            place.settings, interval=3600.0, secret=secret, webhook_host="127.0.0.1", webhook_port=0
        )
        self.sync = Sync(settings, CollectorRegistry(), self.reports.append)
        self._caplog = caplog

    async def call(
        self, body: Any, key: str = "hush-hush", header: str = "X-Hub-Signature-256", **more: str
    ) -> int:
        """A signed POST; the status of its answer."""
        line = next(m for m in self._caplog.messages if m.startswith("webhook: "))
        data = json.dumps(body).encode()
        signature = hmac.new(key.encode(), data, hashlib.sha256).hexdigest()
        headers = {header: f"sha256={signature}", **{k.replace("_", "-"): v for k, v in more.items()}}
        async with aiohttp.ClientSession() as session:
            url = line.removeprefix("webhook: ")
            async with session.post(f"{url}/hook", data=data, headers=headers) as answer:
                return answer.status


async def test_a_push_told_by_webhook_is_looked_at_now(
    place: Place, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    place.repository.push(configs("cups"))
    hook = Hook(place, give(place, **{"token": host.token, "webhook-secret": "hush-hush"}), caplog)
    push = {"ref": "refs/heads/main", "after": "0" * 40}

    async def calls() -> None:
        await holds(lambda: len(hook.reports) == 1)
        place.repository.push(configs("plates"))
        assert await hook.call(push, key="a guess") == 401
        assert await hook.call(push, header="X-Nothing") == 401
        assert await hook.call({"zen": "…"}, X_GitHub_Event="ping") == 200
        assert await hook.call({"ref": "refs/heads/other"}, X_GitHub_Event="push") == 202
        await asyncio.sleep(0.3)
        assert len(hook.reports) == 1
        assert await hook.call(push, X_GitHub_Event="push") == 202
        await holds(lambda: hook.reports[-1].written == ("plates",))
        place.repository.push(configs("forks"))
        assert await hook.call({}, header="X-Signature-256") == 202
        await holds(lambda: hook.reports[-1].written == ("forks",))

    await running(hook.sync, then=calls())


async def test_a_storm_of_calls_is_folded(place: Place, host: Host, caplog: pytest.LogCaptureFixture) -> None:
    place.repository.push(configs("cups"))
    hook = Hook(place, give(place, **{"token": host.token, "webhook-secret": "hush-hush"}), caplog)

    async def storm() -> None:
        await holds(lambda: len(hook.reports) == 1)
        host.delay = 0.2
        statuses: Sequence[int] = await asyncio.gather(
            *(hook.call({"ref": "refs/heads/main"}) for _ in range(60))
        )
        assert set(statuses) == {202}
        await asyncio.sleep(1)

    await running(hook.sync, then=storm())
    assert len(hook.reports) <= 5


def with_statuses(place: Place, host: Host) -> Settings:
    where = StatusPlace.of(f"{host.url}/api", place.settings.source)
    return replace(place.settings, status=where, secret=give(place, token=host.token))


async def test_a_commit_is_told_pending_then_success(place: Place, host: Host) -> None:
    settings = with_statuses(place, host)
    first = place.repository.push({"models_config/README.md": "x", **configs("cups", "plates")})

    async def made_ready() -> None:
        await holds(lambda: bool(host.told(first)))
        assert host.told(first) == [("pending", "waiting for cups, plates")]
        say(place, "cups", "Ready")
        say(place, "plates", "RolloutFailed", stalled="the container exits with 1")
        await holds(lambda: host.told(first)[-1][0] == "failure")
        say(place, "plates", "Ready")
        await holds(lambda: host.told(first)[-1][0] == "success")

    await running(Sync(settings, CollectorRegistry(), lambda _: None), then=made_ready())
    assert host.told(first) == [
        ("pending", "waiting for cups, plates"),
        ("failure", "plates: RolloutFailed: the container exits with 1"),
        ("success", "done: cups Ready, plates Ready"),
    ]
    assert {(s["context"], s["repository"]) for s in host.statuses} == {("modelpoc/sync", "team/pocs")}


async def test_a_broken_commit_is_told_failure_in_140_characters(place: Place, host: Host) -> None:
    settings = with_statuses(place, host)
    place.repository.push(configs("cups"))
    report, _ = await Sync(settings, CollectorRegistry(), lambda _: None).once()
    assert report.ok
    broken = place.repository.push({file("cups"): config(more=f"  {'x' * 200}: 1\n")})
    await Sync(settings, CollectorRegistry(), lambda _: None).once()
    ((state, about),) = host.told(broken)
    assert state == "failure"
    assert about.startswith(f"{file('cups')}:3:3: ecs.xxx")
    assert len(about) == 140


async def test_a_deaf_api_delays_nothing_and_is_told_later(place: Place, host: Host) -> None:
    settings = with_statuses(place, host)
    host.broken = True
    commit = place.repository.push(configs("cups"))
    reports: list[Report] = []

    async def mended() -> None:
        await holds(lambda: len(reports) >= 2)
        assert reports[0].written == ("cups",)
        host.broken = False
        await holds(lambda: bool(host.told(commit)))

    await running(Sync(settings, CollectorRegistry(), reports.append), then=mended())


def say(place: Place, name: str, reason: str, stalled: str = "") -> None:
    """Writes a status as an operator would."""
    ready = "True" if reason == "Ready" else "False"
    values = {"Ready": ready, "Reconciling": "False", "Stalled": "True" if stalled else "False"}
    when = "2026-11-22T12:00:00Z"
    conditions = [
        {"type": t, "status": s, "reason": reason, "message": stalled, "lastTransitionTime": when}
        for t, s in values.items()
    ]
    generation = place.pocs()[name]["metadata"]["generation"]
    status = {"status": {"observedGeneration": generation, "reason": reason, "conditions": conditions}}
    words = ("--subresource=status", "--type=merge", "-p", json.dumps(status))
    place.kubectl.must("patch", "modelpoc", name, "-n", place.namespace, *words)
