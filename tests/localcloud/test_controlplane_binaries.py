"""Where the control plane's programs are looked for, and how they would be built."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from localcloud.controlplane import binaries, build
from localcloud.controlplane.errors import BuildError
from localcloud.controlplane.process import Process
from localcloud.controlplane.programs import ETCD, KUBE_APISERVER, KUBECTL, Program, Version, minor
from localcloud.controlplane.progress import silent, telling

pytestmark = pytest.mark.unit

Place = Callable[[str, Program], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A machine with nothing on it; `place(where, program)` puts a program into assets, path or cache."""
    folders = {where: tmp_path / where for where in ("assets", "path", "cache")}
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(folders["assets"]))
    monkeypatch.setenv("PATH", str(folders["path"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folders["cache"]))

    def put(where: str, program: Program) -> Path:
        file = binaries.cached(program) if where == "cache" else folders[where] / program.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return file

    return put


def says(version: Version | None) -> binaries.VersionOf:
    return lambda _program, _path: version


PINNED = says(minor(KUBECTL.version))


def test_on_an_empty_machine_nothing_is_found(place: Place) -> None:
    assert [binaries.find(program, PINNED) for program in (ETCD, KUBE_APISERVER, KUBECTL)] == [
        None,
        None,
        None,
    ]


def test_assets_come_before_path_and_path_before_the_cache(place: Place) -> None:
    in_cache = place("cache", KUBECTL)
    assert binaries.find(KUBECTL, PINNED) == in_cache
    on_path = place("path", KUBECTL)
    assert binaries.find(KUBECTL, PINNED) == on_path
    in_assets = place("assets", KUBECTL)
    assert binaries.find(KUBECTL, PINNED) == in_assets


def test_assets_are_taken_whatever_their_version(place: Place) -> None:
    assert binaries.find(KUBECTL, says((1, 1))) is None
    in_assets = place("assets", KUBECTL)
    assert binaries.find(KUBECTL, says((1, 1))) == in_assets


@pytest.mark.parametrize(
    ("program", "version", "does"),
    [
        (KUBECTL, (1, 34), False),
        (KUBECTL, (1, 35), True),
        (KUBECTL, (1, 37), True),
        (KUBECTL, (1, 38), False),
        (KUBECTL, None, False),
        (KUBE_APISERVER, (1, 31), False),
        (KUBE_APISERVER, (1, 32), True),
        (KUBE_APISERVER, (1, 40), True),
        (ETCD, (3, 4), False),
        (ETCD, (3, 5), True),
    ],
)
def test_path_is_judged_by_version(
    place: Place, program: Program, version: Version | None, does: bool
) -> None:
    in_cache, on_path = place("cache", program), place("path", program)

    assert binaries.find(program, says(version)) == (on_path if does else in_cache)


def test_a_file_that_cannot_be_run_is_not_one(place: Place) -> None:
    place("cache", ETCD).chmod(0o644)

    assert binaries.find(ETCD) is None


def test_each_version_has_a_place_of_its_own_in_the_cache(place: Place, tmp_path: Path) -> None:
    assert binaries.cached(ETCD) == tmp_path / "cache" / "modelpoc" / "bin" / ETCD.version / "etcd"
    assert binaries.cached(KUBECTL).parent == binaries.cached(KUBE_APISERVER).parent


def test_without_go_the_message_says_what_to_do(place: Place) -> None:
    with pytest.raises(BuildError) as refusal:
        binaries.ensure_program(KUBE_APISERVER)

    assert "install Go 1.26 or newer" in str(refusal.value)
    assert "KUBEBUILDER_ASSETS" in str(refusal.value)


def test_what_someone_else_built_meanwhile_is_not_built_again(place: Place) -> None:
    there = place("cache", ETCD)

    assert build.build(ETCD, there, silent) == there


def test_the_pinned_versions_are_those_of_the_go_module() -> None:
    required = dict(re.findall(r"^\t(\S+) (v\S+)$", (build.MODULE / "go.mod").read_text(), re.MULTILINE))

    assert required["k8s.io/kubernetes"] == KUBE_APISERVER.version == KUBECTL.version
    assert required[ETCD.package] == ETCD.version


def test_all_staging_modules_are_of_the_same_release() -> None:
    replaced = re.findall(
        r"^\t(k8s\.io/\S+) => (\S+) (v\S+)$", (build.MODULE / "go.mod").read_text(), re.MULTILINE
    )

    assert len(replaced) == 33
    assert {version for _, _, version in replaced} == {KUBE_APISERVER.version.replace("v1.", "v0.")}
    assert all(module == by for module, by, _ in replaced)


def test_the_build_takes_the_locked_modules_and_stamps_its_version() -> None:
    command = build.command(KUBECTL, "go", Path("/out/kubectl"))

    assert "-mod=readonly" in command
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in " ".join(command)
    assert command[-1] == "k8s.io/kubernetes/cmd/kubectl"


def test_the_users_go_settings_stay_but_no_c_compiler_is_asked_for() -> None:
    environment = build.go_environment(
        {"GOPROXY": "https://mine", "GOTOOLCHAIN": "local", "CGO_ENABLED": "1"}
    )

    assert environment == {
        "GOPROXY": "https://mine",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOWORK": "off",
    }


def test_progress_in_a_log_is_one_line_per_subject() -> None:
    log = io.StringIO()

    with telling(log) as tell:
        for line in ("building etcd … 0 s", "building etcd … 1 s", "building kubectl … 0 s"):
            tell(line)

    assert log.getvalue().splitlines() == ["building etcd … 0 s", "building kubectl … 0 s"]


def test_a_number_used_again_is_not_the_same_process() -> None:
    # This very process, but begun at another time.
    assert not Process(pid=Process.of(1).pid, started=-1).alive()
    assert Process.of(1).alive()
