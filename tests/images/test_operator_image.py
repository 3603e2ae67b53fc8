"""The operator's image: small, not root, works where nothing can be written, and says what is in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.images.conftest import Built
from tests.images.trimming import apis_named, trim

from localcloud.imaging import operator_image

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(3600),
]  # the first one may install an engine and make a base

MEGABYTES_OVER_BASE = 150
# Lists what is installed as Python sees it, not as the image says it.
INSTALLED = """
import json, re
from importlib.metadata import distributions
print(json.dumps({re.sub("[-_.]+", "-", d.name).lower(): d.version for d in distributions()}))
"""
EVERY_MODULE = """
import importlib, pkgutil, sys
import modelpoc
sys.path_hooks  # nothing is compiled or kept: the root is read-only
for found in pkgutil.walk_packages(modelpoc.__path__, "modelpoc."):
    if ".templates" not in found.name and ".function" not in found.name:
        importlib.import_module(found.name)
        print(found.name)
"""
CLIENTS = """
import sys
import boto3
import kubernetes.aio.client as kubernetes
from kubernetes.aio import leaderelection
apis, services = (words.split(",") for words in sys.argv[1:])
for api in apis:
    getattr(kubernetes, api)
for service in services:
    client = boto3.client(service, "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    assert client.meta.service_model.operation_names, service
kubernetes.V1Lease, kubernetes.V1Secret
"""
BUILDERS = "gcc cc g++ c++ ld as make cmake go rustc cargo pip pip3 uv uvx npm"
INSTALLERS = """
import importlib.util
print([m for m in ("pip", "uv", "setuptools", "ensurepip", "hatchling") if importlib.util.find_spec(m)])
"""
PULL = """
set -e
cd /tmp && git init -q origin && cd origin
git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
git update-server-info
python -m http.server --bind 127.0.0.1 --directory /tmp 8000 >/dev/null 2>&1 &
cd /tmp && git init -q --bare clone && cd clone
for again in 1 2 3 4 5 6 7 8 9; do
  git fetch -q http://127.0.0.1:8000/origin/.git HEAD 2>/dev/null && break || sleep 0.5
done
git log -1 --format=%s FETCH_HEAD
"""


@pytest.fixture(scope="module")
def config(operator: Built) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(operator.docker.ask("image", "inspect", operator.tag))
    return found[0]


def paths(operator: Built, *patterns: str) -> list[str]:
    return [f.path for f in operator.files if any(re.search(p, f.path) for p in patterns)]


def test_it_adds_at_most_150_megabytes_to_its_base(operator: Built, config: dict[str, Any]) -> None:
    base = json.loads(operator.docker.ask("image", "inspect", operator.base))[0]
    added = (config["Size"] - base["Size"]) / 1e6
    print(f"{added:.1f} MB over {operator.base}")
    assert 0 < added <= MEGABYTES_OVER_BASE


def test_it_runs_as_a_user_without_rights_and_says_how_to_run(
    operator: Built, config: dict[str, Any]
) -> None:
    assert config["Config"]["User"] == "65532:65532"
    assert config["Config"]["Entrypoint"] == ["modelpoc"]
    assert config["Config"]["Cmd"] == ["operator"]
    assert list(config["Config"]["ExposedPorts"]) == ["8080/tcp"]
    assert operator.run("-c", "id -u; id -g; id -un", entrypoint="sh").split() == [
        "65532",
        "65532",
        "modelpoc",
    ]


def test_its_commands_work_with_a_root_that_cannot_be_written_to(operator: Built) -> None:
    assert operator.run("--version").startswith("modelpoc ")
    assert "--workers" in operator.run("operator", "--help")
    assert operator.run(
        "-c", "touch /opt/x 2>&1 || true; touch /tmp/x && echo yes", entrypoint="sh"
    ).endswith("yes")


def test_every_module_of_the_operator_can_be_imported_in_it(operator: Built) -> None:
    imported = operator.run("-c", EVERY_MODULE, entrypoint="python").split()
    assert "modelpoc.controller.operator" in imported
    assert len(imported) > 100


def test_every_client_that_the_operator_makes_can_be_made_in_it(operator: Built) -> None:
    """What trim.py takes out is nothing that the code asks for."""
    apis, services = ",".join(sorted(apis_named())), ",".join(sorted(trim().SERVICES))
    operator.run("-c", CLIENTS, apis, services, entrypoint="python")


def test_git_and_ssh_work_in_it(operator: Built) -> None:
    version = re.search(r"(\d+)\.(\d+)", operator.run("--version", entrypoint="git"))
    assert version is not None
    assert (int(version[1]), int(version[2])) >= (2, 31)
    assert operator.run("-c", PULL, entrypoint="sh") == "first"
    for program in ("/usr/lib/git-core/git-remote-https", "/usr/bin/ssh", "/usr/bin/git"):
        assert "not found" not in operator.run(program, entrypoint="ldd")
    refused = operator.run(
        "-c",
        "git ls-remote https://127.0.0.1:1/x 2>&1; git ls-remote ssh://git@127.0.0.1:1/x 2>&1; true",
        entrypoint="sh",
    )
    assert "Failed to connect" in refused
    assert "Connection refused" in refused


def test_nothing_to_build_or_install_with_is_in_it(operator: Built) -> None:
    found = operator.run("-c", f"for p in {BUILDERS}; do command -v $p; done; true", entrypoint="sh")
    assert found == ""
    assert operator.run("-c", INSTALLERS, entrypoint="python") == "[]"


def test_no_test_no_local_cloud_and_nothing_of_the_repository_is_in_it(operator: Built) -> None:
    assert paths(operator, r"/modelpoc/cli/main\.py$"), "the files were not read"
    assert not paths(
        operator, r"localcloud", r"kind-cluster", r"/moto/", r"/_?pytest/", r"/hypothesis/", r"/mypy/"
    )
    assert not paths(operator, r"(?<!/model)/tests/(.*/)?test_\w+\.py$", r"\w_test\.py$", r"/conftest\.py$")
    assert not paths(
        operator,
        r"/\.git(/|$)",
        r"/\.venv/",
        r"uv\.lock$(?<!/model/uv\.lock)",
        r"/Dockerfile$(?<!/model/Dockerfile)",
    )


def test_no_secret_is_in_it(operator: Built, config: dict[str, Any]) -> None:
    telling = re.compile(r"SECRET|TOKEN|PASSWORD|CREDENTIAL|ACCESS_KEY")
    assert not [v for v in config["Config"]["Env"] if telling.search(v.partition("=")[0])]
    assert not telling.search(
        operator.docker.ask("history", "--no-trunc", "--format={{.CreatedBy}}", operator.tag)
    )
    key = re.compile(
        rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}\b"
    )
    assert not [f.path for f in operator.files if key.search(f.data)]
    assert not paths(
        operator,
        r"/\.(env|netrc|npmrc|pypirc|git-credentials)$",
        r"/\.(aws|docker|ssh|kube)/",
        r"id_(rsa|ed25519)$",
    )


def test_its_labels_say_what_it_is_and_where_it_comes_from(config: dict[str, Any]) -> None:
    labels = {k.removeprefix("org.opencontainers.image."): v for k, v in config["Config"]["Labels"].items()}
    assert labels["title"] == "modelpoc operator"
    assert labels["licenses"] == "Apache-2.0"
    assert labels["source"].startswith("https://")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", labels["version"])
    assert re.fullmatch(r"[0-9a-f]{40}", labels["revision"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", labels["created"])


def test_its_list_of_parts_names_every_distribution_with_its_version(operator: Built) -> None:
    bill = json.loads(operator.run("/usr/share/modelpoc/sbom.json", entrypoint="cat"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    told = {part["purl"] for part in [bill["metadata"]["component"], *bill["components"]]}
    assert len(told) == len(bill["components"]) + 1, "a part is told twice"
    installed = json.loads(operator.run("-c", INSTALLED, entrypoint="python"))
    assert {f"pkg:pypi/{n}@{v}" for n, v in installed.items()} == {
        p for p in told if p.startswith("pkg:pypi/")
    }
    debian = operator.run("--show", "--showformat=${Package}@${Version}\n", entrypoint="dpkg-query").split()
    deb = {re.sub(r"pkg:deb/debian/(.*)\?.*", r"\1", p) for p in told if p.startswith("pkg:deb/")}
    named = {word.replace("%3A", ":").replace("%2B", "+").replace("%7E", "~") for word in deb}
    assert set(debian) <= named
    assert {name.partition("@")[0] for name in named - set(debian)} >= {"git", "openssh-client"}


def test_of_a_changed_source_only_the_last_layers_are_made_anew(operator: Built) -> None:
    """The layer with the dependencies is the largest by far; a node that has it need not fetch it again."""
    history = operator.docker.ask(
        "history", "--no-trunc", "--human=false", "--format={{.Size}} {{.CreatedBy}}", operator.tag
    )
    copied = [int(line.split()[0]) for line in history.splitlines() if " COPY " in line]
    newest_first = [size / 1e6 for size in copied[:3]]  # the list of parts, the operator, its dependencies
    assert newest_first[0] + newest_first[1] < 10 < newest_first[2]


def test_built_again_it_shares_the_layers_below_the_operator(operator: Built, config: dict[str, Any]) -> None:
    """The last two are of the source, which someone may be editing meanwhile."""
    tag = f"{operator.tag}-again"
    operator_image(operator.docker, operator.base, tag)
    again = json.loads(operator.docker.ask("image", "inspect", tag))[0]
    operator.docker.ask("image", "rm", "--force", tag)
    assert again["RootFS"]["Layers"][:-2] == config["RootFS"]["Layers"][:-2]
