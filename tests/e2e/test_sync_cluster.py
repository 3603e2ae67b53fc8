"""Git → cluster against a real API server, without an operator: what a branch says is what is asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from tests.e2e.repositories import Repository, config, configs, file
from tests.e2e.running import holds, running
from tests.e2e.sync_place import Place, api_server
from tests.e2e.test_admission import Kubectl
from tests.e2e.test_gitops import ENDPOINT, FULL, OLDER

from modelpoc.sync.decision import Pruning
from modelpoc.sync.git import Limits
from modelpoc.sync.report import Report, Result
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Sync

pytestmark = pytest.mark.e2e

PROGRAM = str(Path(sys.executable).parent / "modelpoc")
README = {"models_config/README.md": "One folder for each POC.\n"}
# Stands for whatever a cluster refuses beyond what a configuration can be checked for.
POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-forbidden-images}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [modelpoc.dev]
        apiVersions: [v1alpha1]
        operations: [CREATE, UPDATE]
        resources: [modelpocs]
  validations:
    - expression: "!has(object.spec.ecs) || !object.spec.ecs.image.startsWith('forbidden/')"
      message: images of forbidden/ are not for this cluster
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-forbidden-images}
spec: {policyName: no-forbidden-images, validationActions: [Deny]}
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    with api_server(tmp_path_factory.mktemp("plane")) as kubectl:
        kubectl.must("apply", "-f", "-", stdin=POLICY)
        yield kubectl


@pytest.fixture
def place(
    kubectl: Kubectl, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Place:
    made = Place(kubectl, tmp_path, request.node.name)
    monkeypatch.setenv("KUBECONFIG", made.kubeconfig)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return made


def writes(kubectl: Kubectl) -> int:
    """All that the API server was asked to write of our objects and of events, ever."""
    lines = kubectl.must("get", "--raw", "/metrics").splitlines()
    found = [line for line in lines if line.startswith("apiserver_request_total{")]
    ours = [line for line in found if 'resource="modelpocs"' in line or 'resource="events"' in line]
    written = [
        line for line in ours if not any(f'verb="{verb}"' in line for verb in ("GET", "LIST", "WATCH"))
    ]
    return int(sum(float(line.rpartition(" ")[2]) for line in written))


async def test_a_commit_is_applied_and_shown(place: Place) -> None:
    first = place.repository.push(configs("cups", "plates"))
    report = await place.once()
    assert report.result is Result.APPLIED
    assert place.commits() == {"cups": first, "plates": first}
    second = place.repository.push({file("cups"): config("local/echo:2")})
    assert (await place.once()).written == ("cups",)
    assert place.commits() == {"cups": second, "plates": first}
    wide = place.kubectl.must("get", "modelpocs", "-n", place.namespace, "-o", "wide").splitlines()
    assert wide[0].split()[-1] == "COMMIT"
    assert [line.split()[-1] for line in wide[1:]] == [second, first]
    source = place.pocs()["cups"]["metadata"]["annotations"]["modelpoc.dev/source"]
    assert source == place.repository.url.removesuffix(".git") + "@main"


async def test_the_commit_is_the_one_that_touched_the_folder(place: Place) -> None:
    place.repository.push(configs("cups", "plates"))
    change, merged = place.repository.merge("better-cups", {file("cups"): config("local/echo:3")})
    place.repository.push({"docs/read.md": "more"}, "something else")
    await place.once()
    assert change != merged
    assert place.commits()["cups"] == change


async def test_a_running_sync_tells_the_same_commits_as_a_fresh_one(place: Place) -> None:
    """It looks up only what may have moved: also by a merge of a branch that began long ago."""
    place.repository.push(configs("cups", "plates", "forks"))
    place.repository.git("branch", "old")
    reports: list[Report] = []
    sync = Sync(place.settings, CollectorRegistry(), reports.append)

    async def worked_on() -> None:
        await holds(lambda: bool(reports))
        for turn in range(3):
            place.repository.push({file("plates"): config(f"local/echo:{turn}")})
            await holds(lambda: reports[-1].commit == place.repository.head())
        place.repository.git("checkout", "--quiet", "old")
        place.repository.commit({file("forks"): config("local/echo:old")})
        place.repository.git("checkout", "--quiet", "main")
        place.repository.git("merge", "--quiet", "--no-edit", "old")
        place.repository.push({file("spoons"): config()})
        await holds(lambda: reports[-1].commit == place.repository.head())

    await running(sync, then=worked_on())
    logged = {
        name: place.repository.git("log", "-1", "--format=%H", "--", file(name)).strip()
        for name in place.pocs()
    }
    assert place.commits() == logged
    assert len(set(logged.values())) == 4
    assert (await place.once()).result is Result.UNCHANGED


async def test_an_unchanged_commit_costs_no_write(place: Place) -> None:
    nothing = "  - {name: nothing, body: {input: null, more: {deep: null}}}\n"
    every_form = {file("full"): FULL + nothing, file("older"): OLDER, file("endpoint"): ENDPOINT}
    place.repository.push({**configs("cups", "plates"), **every_form})
    assert (await place.once()).result is Result.APPLIED
    before = writes(place.kubectl)
    for _ in range(3):
        assert (await place.once()).result is Result.UNCHANGED
    place.repository.push({"README.md": "nothing about POCs"})
    assert (await place.once()).result is Result.UNCHANGED
    assert writes(place.kubectl) == before


async def test_a_broken_configuration_changes_nothing_and_is_told(place: Place) -> None:
    place.repository.push(configs("cups", "plates"))
    await place.once()
    before = place.versions()
    bad = {file("plates"): "ecs:\n  imag: local/echo:9\n", file("cups"): config("local/echo:9")}
    place.repository.push({**bad, file("forks"): "ecs: {image: [}\n"})
    report = await place.once()
    assert report.result is Result.BROKEN
    assert not report.ok
    assert place.versions() == before
    assert any(str(f).startswith(f"{file('plates')}:2:3: ecs.imag") for f in report.findings), report.findings
    told = {(reason, name) for reason, name, _ in place.events()}
    assert ("SyncBroken", "plates") in told
    on_platform = place.kubectl.must("get", "events", "-n", "default", "-o", "json")
    assert file("forks") in on_platform


async def test_two_pocs_on_one_path_are_a_broken_commit(place: Place) -> None:
    route = "route: {path: /same}\n"
    place.repository.push({file("a"): config() + route, file("b"): config() + route})
    report = await place.once()
    assert report.result is Result.BROKEN
    assert str(report.findings[0]).startswith(f"{file('b')}:3:")


async def test_trouble_is_told_once_for_each_commit(place: Place) -> None:
    place.repository.push(configs("cups"))
    await place.once()
    place.repository.push({file("cups"): "ecs: {}\n"})
    reports: list[Report] = []
    sync = Sync(replace(place.settings, interval=0.05, gap=0.01), CollectorRegistry(), reports.append)
    await running(sync, lambda: len(reports) >= 5)
    assert {report.result for report in reports} == {Result.BROKEN}
    assert [reason for reason, *_ in place.events()] == ["SyncBroken"]


async def test_what_the_api_server_refuses_changes_nothing(place: Place) -> None:
    place.repository.push(configs("cups", "plates"))
    await place.once()
    before = place.versions()
    place.repository.push({file("plates"): config("forbidden/x:1"), file("cups"): config("local/echo:9")})
    report = await place.once()
    assert report.result is Result.REFUSED
    assert "not for this cluster" in report.line
    assert place.versions() == before
    assert ("SyncRefused", "plates") in {(reason, name) for reason, name, _ in place.events()}


async def test_what_left_the_repository_goes_never_too_much_at_once(place: Place) -> None:
    names = ("a", "b", "c", "d", "e", "f")
    place.repository.push({**README, **configs(*names)})
    await place.once()
    place.repository.push({file("a"): None, file("b"): None})
    assert (await place.once()).pruned == ("a", "b")
    place.repository.push({**{file(n): None for n in ("c", "d", "e")}, file("f"): config("local/echo:2")})
    report = await place.once()
    assert report.held == ("c", "d", "e")
    assert report.written == ("f",)
    assert not report.ok
    assert set(place.pocs()) == {"c", "d", "e", "f"}
    place.kubectl.must("annotate", "modelpoc", "-n", place.namespace, "c", "d", "modelpoc.dev/prune=allow")
    place.kubectl.must("annotate", "modelpoc", "-n", place.namespace, "e", "modelpoc.dev/prune=keep")
    assert (await place.once()).pruned == ("c", "d")
    assert set(place.pocs()) == {"e", "f"}


async def test_a_number_lets_more_go_and_pruning_can_be_off(place: Place) -> None:
    place.repository.push({**README, **configs("a", "b", "c")})
    await place.once()
    place.repository.push({file("a"): None, file("b"): None, file("c"): None})
    assert (await place.once(pruning=Pruning(enabled=False))).pruned == ()
    assert (await place.once(pruning=Pruning(allowed=2))).held == ("a", "b", "c")
    assert (await place.once(pruning=Pruning(allowed=3))).pruned == ("a", "b", "c")


async def test_what_sync_did_not_apply_is_never_pruned(place: Place) -> None:
    by_hand = {"apiVersion": "modelpoc.dev/v1alpha1", "kind": "ModelPOC", "spec": {"ecs": {"image": "x:1"}}}
    metadata = {"name": "by-hand", "namespace": place.namespace}
    place.kubectl.must("apply", "-f", "-", stdin={**by_hand, "metadata": metadata})
    place.repository.push({**README, **configs("cups")})
    await place.once()
    place.repository.push({file("cups"): None})
    await place.once(pruning=Pruning(allowed=99))
    assert set(place.pocs()) == {"by-hand"}


async def test_a_missing_folder_prunes_nothing(place: Place) -> None:
    place.repository.push({"README.md": "stays", **configs("cups")})
    await place.once()
    place.repository.push({file("cups"): None})
    report = await place.once(pruning=Pruning(allowed=99))
    assert report.result is Result.BROKEN
    assert "no such folder" in report.line
    assert set(place.pocs()) == {"cups"}


async def test_a_link_is_not_followed(place: Place) -> None:
    place.repository.push(configs("cups"))
    (place.repository.work / "models_config" / "spy").mkdir()
    (place.repository.work / file("spy")).symlink_to("/etc/passwd")
    place.repository.push({})
    report = await place.once()
    assert report.result is Result.BROKEN
    assert [str(f.file) for f in report.findings] == [file("spy")]
    assert "symbolic link" in report.line


async def test_two_sources_leave_each_other_alone(place: Place, tmp_path: Path) -> None:
    other = Repository(tmp_path, "others")
    place.repository.push({**README, **configs("cups", "shared")})
    other.push({**README, **configs("forks", "shared", image="local/echo:other")})
    await place.once()
    report = await place.once(source=Source.of(other.url))
    assert report.written == ("forks",)
    assert list(report.claimed) == ["shared"]
    assert not report.ok
    assert place.pocs()["shared"]["spec"]["ecs"]["image"] == "local/echo:latest"
    assert ("SyncClaimed", "shared") in {(reason, name) for reason, name, _ in place.events()}
    other.push({file("forks"): None, file("shared"): None})
    await place.once(source=Source.of(other.url))
    assert set(place.pocs()) == {"cups", "shared"}


async def test_git_wins_what_it_states_and_nothing_else(place: Place) -> None:
    place.repository.push(configs("cups"))
    await place.once()
    body = json.dumps({"spec": {"suspend": True, "ecs": {"image": "by/hand:1", "cpu": 512, "memory": 1024}}})
    place.kubectl.must("patch", "modelpoc", "cups", "-n", place.namespace, "--type=merge", "-p", body)
    report = await place.once()
    assert report.written == ("cups",)
    spec = place.pocs()["cups"]["spec"]
    assert spec["ecs"]["image"] == "local/echo:latest"
    assert (spec["suspend"], spec["ecs"]["cpu"]) == (True, 512)
    (told,) = [message for reason, _, message in place.events() if reason == "SyncCorrected"]
    assert "kubectl-patch had changed spec.ecs.image" in told


async def test_git_takes_over_what_modelpoc_apply_stated(place: Place) -> None:
    """Otherwise a field that leaves Git would stay, held by the earlier `modelpoc apply`."""
    manifest = {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPOC",
        "metadata": {"name": "cups", "namespace": place.namespace},
        "spec": {"ecs": {"image": "local/echo:latest", "cpu": 512, "memory": 1024}},
    }
    words = ("apply", "--server-side", "--field-manager=modelpoc-cli", "-f", "-")
    place.kubectl.must(*words, stdin=manifest)
    place.repository.push({file("cups"): config(more="  cpu: 512\n  memory: 1024\n")})
    await place.once()
    place.repository.push({file("cups"): config()})
    await place.once()
    assert place.pocs()["cups"]["spec"]["ecs"]["cpu"] == 256


async def test_a_rewritten_branch_is_followed_and_told(place: Place) -> None:
    place.repository.push(configs("cups"))
    reports: list[Report] = []
    sync = Sync(place.settings, CollectorRegistry(), reports.append)

    async def rewritten() -> None:
        await holds(lambda: bool(reports))
        place.repository.git("checkout", "--quiet", "--orphan", "other")
        place.repository.commit(configs("cups", image="local/echo:7"))
        place.repository.git("branch", "-M", "main")
        place.repository.push({})
        await holds(lambda: any(r.written and r.commit == place.repository.head() for r in reports))

    await running(sync, then=rewritten())
    assert "was rewritten" in next(t.message for r in reports for t in r.told)
    assert place.pocs()["cups"]["spec"]["ecs"]["image"] == "local/echo:7"


@pytest.mark.parametrize("trouble", ["empty", "no-branch", "gone", "silent"])
async def test_a_remote_in_trouble_is_told_and_changes_nothing(place: Place, trouble: str) -> None:
    url = {"gone": f"{place.repository.url}x", "silent": "http://127.0.0.1:9/x.git"}.get(trouble)
    if trouble == "no-branch":
        place.repository.push(configs("cups"))
    branch = "release" if trouble == "no-branch" else "main"
    report = await place.once(source=Source.of(url or place.repository.url, branch))
    assert report.result is Result.FAILED
    words = {"empty": "is empty", "no-branch": "no branch release (there are main)", "gone": "no repository"}
    assert words.get(trouble, "does not answer") in report.error
    assert place.pocs() == {}


async def test_a_deleted_branch_changes_nothing_and_its_return_counts(place: Place) -> None:
    place.repository.push(configs("cups"))
    reports: list[Report] = []
    sync = Sync(place.settings, CollectorRegistry(), reports.append)

    async def back_again() -> None:
        await holds(lambda: bool(reports))
        place.repository.git("push", "--quiet", "origin", ":main")
        await holds(lambda: reports[-1].result is Result.FAILED)
        place.repository.push(configs("plates"))
        await holds(lambda: "plates" in reports[-1].written)

    await running(sync, then=back_again())
    assert set(place.pocs()) == {"cups", "plates"}


@pytest.mark.parametrize("harm", ["half-made", "no-head", "cut-pack", "old-lock"])
async def test_a_copy_that_a_crash_left_is_made_anew(place: Place, tmp_path: Path, harm: str) -> None:
    place.repository.push(configs("cups"))
    await place.once()
    (copy,) = (tmp_path / "cache" / "modelpoc" / "sync").glob("*/repository.git")
    if harm == "half-made":
        (copy.parent / "fresh-x1.git" / "objects").mkdir(parents=True)
        copy.rename(copy.parent / "away")
    elif harm == "no-head":
        (copy / "HEAD").unlink()
    elif harm == "cut-pack":
        for pack in copy.glob("objects/pack/*.pack"):
            pack.chmod(0o600)
            pack.write_bytes(pack.read_bytes()[:40])
    else:
        (copy / "refs" / "heads" / "synced.lock").touch()
    place.repository.push(configs("plates"))
    assert (await place.once()).written == ("plates",)


async def test_a_repository_that_is_too_large_is_refused(place: Place, tmp_path: Path) -> None:
    (place.repository.work / "weights").write_bytes(os.urandom(900_000))
    (place.repository.work / "more").write_bytes(os.urandom(900_000))
    place.repository.push(configs("cups"))
    report = await place.once(limits=Limits(bytes=1_000_000))
    assert report.result is Result.FAILED
    assert "larger than" in report.error
    assert list((tmp_path / "cache").glob("**/*.git")) == []


async def test_large_files_stay_at_the_remote(place: Place) -> None:
    (place.repository.work / "weights").write_bytes(os.urandom(4_000_000))
    place.repository.push(configs("cups"))
    assert (await place.once(limits=Limits(bytes=2_000_000))).ok


async def test_configurations_may_stand_at_the_root(place: Place) -> None:
    commit = place.repository.push({"cups/config.yaml": config(), ".github/workflows/x.yaml": "on: push\n"})
    report = await place.once(source=Source.of(place.repository.url, path="."))
    assert (report.written, place.commits()) == (("cups",), {"cups": commit})


async def test_whenever_it_is_killed_the_next_run_completes_it(place: Place) -> None:
    names = tuple(f"p{i:02}" for i in range(16))
    words = ("sync", "--repo", place.repository.url, "-n", place.namespace, "--once")
    for turn, seconds in enumerate((0.9, 1.2, 1.5, 1.8)):
        place.repository.push(configs(*names, image=f"local/echo:{turn}"))
        kill_after(seconds, *words)
    await place.once()
    assert {poc["spec"]["ecs"]["image"] for poc in place.pocs().values()} == {"local/echo:3"}
    assert set(place.pocs()) == set(names)
    assert (await place.once()).result is Result.UNCHANGED


def test_the_command_ends_as_a_script_wants_it(place: Place) -> None:
    place.repository.push(configs("cups"))
    words = ["--repo", place.repository.url, "-n", place.namespace, "--once", "-o", "json"]
    done = modelpoc("sync", *words)
    assert (done.returncode, json.loads(done.stdout)["applied"]) == (0, ["cups"]), done.stderr
    place.repository.push({file("cups"): "ecs: 3\n"})
    broken = modelpoc("sync", *words[:-2])
    assert broken.returncode == 1
    assert f"{file('cups')}:1:1: ecs" in broken.stderr
    told = modelpoc("sync", "--repo", "https://me:secret@h/x.git", "--once").stderr
    assert told.startswith("error: https://h/x.git")
    told = modelpoc("operator", "--sync-repo", "ftp://h/x").stderr
    assert told.startswith("error: ftp://h/x: give a repository")


def test_the_command_goes_on_until_it_is_interrupted(place: Place) -> None:
    place.repository.push(configs("cups"))
    words = [
        "--repo",
        place.repository.url,
        "-n",
        place.namespace,
        "--interval",
        "0.3s",
        "--metrics-port",
        "0",
    ]
    command = [PROGRAM, "sync", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        metrics = next(line.split()[-1] for line in process.stderr if "/metrics" in line)
        assert "applied 1 (cups)" in process.stdout.readline()
        place.repository.push(configs("plates"))
        assert "applied 1 (plates)" in next(line for line in process.stdout if "applied" in line)
        with urllib.request.urlopen(metrics.replace("0.0.0.0", "127.0.0.1"), timeout=10) as answer:
            counted = answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    source = place.repository.url.removesuffix(".git") + "@main"
    assert f'modelpoc_sync_writes_total{{source="{source}",what="applied"}} 2.0' in counted
    assert f'modelpoc_sync_pocs{{source="{source}"}} 2.0' in counted


def kill_after(seconds: float, *words: str) -> None:
    with subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.kill()


def modelpoc(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)
