"""What Helm makes of the chart, without a cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import typer
import yaml
from charts.pressed import of_install
from tests.chart.helming import CHART, EVERYTHING, EXAMPLES, NAMESPACE, RELEASE, ROOT, Helm, HelmError, one

from localcloud import tools
from modelpoc.cli.main import app

pytestmark = pytest.mark.e2e

SETS: dict[str, Mapping[str, Any]] = {
    "defaults": {},
    "everything": EVERYTHING,
    **{file.stem: yaml.safe_load(file.read_text()) for file in EXAMPLES},
    "little": {
        "replicas": 1,
        "rbac": {"create": False, "aggregate": False},
        "serviceAccount": {"create": False, "name": "mine"},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
        "crds": {"upgrade": False},
        "uninstall": {"tell": False},
    },
}
each_set = pytest.mark.parametrize("values", SETS.values(), ids=SETS.keys())


def words(deployment: Mapping[str, Any]) -> list[str]:
    """The operator's words in a rendered Deployment."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


@each_set
def test_lint_finds_nothing(helm: Helm, values: Mapping[str, Any]) -> None:
    helm.run("lint", "--strict", str(CHART), *helm.values(values))


@each_set
def test_kube_score_finds_nothing_that_is_not_argued(helm: Helm, values: Mapping[str, Any]) -> None:
    rendered = yaml.safe_dump_all(helm.template(values))
    command = [tools.ensure("kube-score"), "score", "--kubernetes-version=v1.36", "--output-format=json", "-"]
    done = subprocess.run(command, input=rendered, capture_output=True, text=True, timeout=60, check=False)
    found = [
        (scored["object_name"], check["check"]["id"], check["grade"])
        for scored in json.loads(done.stdout)
        for check in scored["checks"]
        if not check["skipped"] and check["grade"] < 7
    ]
    # Who turns these off has them from elsewhere, or wants none.
    off = {"pod-networkpolicy", "deployment-has-poddisruptionbudget", "deployment-replicas"}
    off = off if values is SETS["little"] else set()
    assert [line for line in found if line[1] not in off] == []


@each_set
def test_the_operator_understands_every_word(helm: Helm, values: Mapping[str, Any]) -> None:
    given = words(one(helm.template(values), "Deployment"))
    group: Any = typer.main.get_command(app)
    assert given[0] == "operator"
    understood = group.get_command(None, "operator").make_context("operator", given[1:])
    assert understood.params["leader_elect"] is True
    if values is EVERYTHING:
        assert (understood.params["workers"], understood.params["fast_resync"]) == (8, 120.0)
        assert understood.params["sync_credentials_secret"] == "secrets/git"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"replica": 3}, "replica"),
        ({"replicas": "3"}, "/replicas"),
        ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        ({"operator": {"pol": 3}}, "pol"),
        ({"sync": {"repo": "https://token@github.com/team/models"}}, "/sync/repo"),
        ({"sync": {"pruneShare": 2}}, "/sync/pruneShare"),
        (
            {"platforms": [{"name": "Default", "spec": {"accountId": "1", "region": "x"}}]},
            "/platforms/0/name",
        ),
        ({"platforms": [{"name": "default"}]}, "spec"),
        ({"logLevel": "loud"}, "/logLevel"),
        ({"env": {"AWS_REGION": "eu-west-1"}}, "/env"),
        ({"networkPolicy": {"egressPorts": [0]}}, "/networkPolicy/egressPorts/0"),
        ({"serviceAccount": {"create": False}}, "serviceAccount.name"),
        ({"leaderElection": {"renewDeadline": 15}}, "leaderElection.renewDeadline"),
        ({"leaderElection": {"retryPeriod": 9}}, "leaderElection.retryPeriod"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_refused_with_its_name(helm: Helm, wrong: Mapping[str, Any], told: str) -> None:
    with pytest.raises(HelmError) as refused:
        helm.template(wrong)
    assert told in str(refused.value)


@each_set
def test_every_pod_meets_the_restricted_level(helm: Helm, values: Mapping[str, Any]) -> None:
    pods = [
        m["spec"]["template"]["spec"] for m in helm.template(values) if m["kind"] in ("Deployment", "Job")
    ]
    assert pods
    for pod in pods:
        assert pod["automountServiceAccountToken"] is True
        assert pod["securityContext"]["runAsUser"] == 65532
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["seccompProfile"] == {"type": "RuntimeDefault"}
            assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
            assert security["runAsNonRoot"] is True
            assert {"cpu", "memory", "ephemeral-storage"} == set(container["resources"]["limits"])


def test_rights_are_those_of_the_file_and_no_others(helm: Helm) -> None:
    rules = yaml.safe_load((CHART / "files" / "rbac.yaml").read_text())
    plain = helm.template()
    assert one(plain, "ClusterRole")["rules"] == rules["operator"]["cluster"]
    assert one(plain, "Role")["rules"] == rules["operator"]["namespaced"]
    synced = helm.template({**EVERYTHING, "secrets": {}})
    assert one(synced, "ClusterRole")["rules"] == rules["operator"]["cluster"] + rules["sync"]["cluster"]
    in_team = one(synced, "Role", f"{RELEASE}-sync")
    secret = one(synced, "Role", f"{RELEASE}-sync-secret")
    assert [
        *in_team["rules"],
        {k: v for k, v in secret["rules"][0].items() if k != "resourceNames"},
    ] == rules["sync"]["namespaced"]
    assert (in_team["metadata"]["namespace"], secret["metadata"]["namespace"]) == ("team-a", "secrets")
    assert [rule["resourceNames"] for rule in secret["rules"]] == [["git"]]


def test_secrets_may_be_read_only_where_that_is_said(helm: Helm) -> None:
    rendered = helm.template(EVERYTHING)
    everywhere = [rule for m in rendered if m["kind"] == "ClusterRole" for rule in m["rules"]]
    assert not [rule for rule in everywhere if "secrets" in rule["resources"]]
    roles = [m for m in rendered if m["kind"] == "Role" and m["metadata"]["name"] == f"{RELEASE}-secrets"]
    assert [m["metadata"]["namespace"] for m in roles] == ["team-a", "team-b"]
    assert [m["rules"] for m in roles] == [
        [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"]}]
    ] * 2
    given = words(one(rendered, "Deployment"))
    assert [word for word in given if "secret-namespace" in word] == [
        "--secret-namespace=team-a",
        "--secret-namespace=team-b",
    ]


def test_a_branch_without_credentials_needs_no_secret(helm: Helm) -> None:
    synced = helm.template({"sync": {"repo": "https://github.com/team/models"}})
    assert not [m for m in synced if m["metadata"]["name"].endswith("sync-secret")]
    assert "secrets" not in yaml.safe_dump(one(synced, "Role", f"{RELEASE}-sync"))


def test_a_digest_wins_over_the_tag(helm: Helm) -> None:
    def image(**of: str) -> str:
        deployment = one(helm.template({"image": {"repository": "registry:5000/op", **of}}), "Deployment")
        return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])

    digest = f"sha256:{'a' * 64}"
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert image() == f"registry:5000/op:{version}"
    assert image(tag="v9") == "registry:5000/op:v9"
    assert image(tag="v9", digest=digest) == f"registry:5000/op@{digest}"


def test_only_the_operators_pods_are_behind_the_service(helm: Helm) -> None:
    rendered = helm.template(EVERYTHING)
    selector = one(rendered, "Service")["spec"]["selector"]
    matched = [
        m["kind"]
        for m in rendered
        if m["kind"] in ("Deployment", "Job")
        and selector.items() <= m["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert matched == ["Deployment"]
    deployment = one(rendered, "Deployment")["spec"]
    assert deployment["selector"]["matchLabels"] == selector
    assert one(rendered, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == selector


def test_prometheus_finds_the_service(helm: Helm) -> None:
    rendered = helm.template(EVERYTHING)
    monitor, service = one(rendered, "ServiceMonitor")["spec"], one(rendered, "Service")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {e["port"] for e in monitor["endpoints"]} <= {p["name"] for p in service["spec"]["ports"]}


@pytest.mark.parametrize("port", [80, 8080])
def test_a_port_that_cannot_be_listened_on_is_refused(helm: Helm, port: int) -> None:
    with pytest.raises(HelmError, match=r"sync.*webhook.*port"):
        helm.template({"sync": {"webhook": {"port": port}}})


def test_an_update_never_takes_a_pod_before_the_next_is_ready(helm: Helm) -> None:
    rolling = one(helm.template(), "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize("name", ["leaseDuration", "renewDeadline", "retryPeriod"])
def test_a_period_may_be_set_by_itself(helm: Helm, name: str) -> None:
    """What `--set` gives is of another type than what a file gives."""
    fitting = {"leaseDuration": 30, "renewDeadline": 12, "retryPeriod": 3}[name]
    given = words(one(helm.template({}, f"--set=leaderElection.{name}={fitting}"), "Deployment"))
    assert [word for word in given if word.endswith(f"={fitting}")]


def test_another_role_in_aws_is_new_pods(helm: Helm) -> None:
    def template(role: str) -> Any:
        annotations = {"eks.amazonaws.com/role-arn": role} if role else {}
        return one(helm.template({"serviceAccount": {"annotations": annotations}}), "Deployment")["spec"]

    assert template("one") == template("one")
    assert len({json.dumps(template(role)) for role in ("", "one", "two")}) == 3


def test_a_branch_may_have_any_name(helm: Helm) -> None:
    odd = "a: #b, {c}"
    sync = {"repo": "https://github.com/team/models", "branch": odd, "path": odd}
    given = words(one(helm.template({"sync": sync}), "Deployment"))
    assert {f"--sync-branch={odd}", f"--sync-path={odd}"} <= set(given)


def test_the_policy_opens_what_is_used(helm: Helm) -> None:
    def ports(rules: list[dict[str, Any]]) -> set[Any]:
        return {port["port"] for rule in rules for port in rule["ports"]}

    plain = one(helm.template(), "NetworkPolicy")["spec"]
    assert (ports(plain["ingress"]), ports(plain["egress"])) == ({"http"}, {53, 443, 6443, 80})
    full = one(helm.template(EVERYTHING), "NetworkPolicy")["spec"]
    assert ports(full["ingress"]) == {"http", "webhook"}
    assert ports(full["egress"]) == {53, 443, 6443, 80, 22, 4566, "webhook"}


@pytest.mark.parametrize(
    ("repo", "more"),
    [
        ("https://github.com/team/models", set()),
        ("https://git.example:8443/team/models", {8443}),
        ("http://git.example/team/models", {80}),
        ("git@github.com:team/models", {22}),
        ("ssh://git@github.com/team/models", {22}),
        ("ssh://git@git.example:7999/team/models", {7999}),
    ],
)
def test_the_policy_lets_the_operator_reach_the_repository(helm: Helm, repo: str, more: set[int]) -> None:
    values = {"sync": {"repo": repo}, "networkPolicy": {"podIdentity": False}}
    (_, anywhere) = one(helm.template(values), "NetworkPolicy")["spec"]["egress"]
    assert {port["port"] for port in anywhere["ports"]} == {443, 6443} | more


def test_replicas_may_pass_the_webhooks_calls_to_one_another(helm: Helm) -> None:
    rendered = helm.template(EVERYTHING)
    policy, deployment = one(rendered, "NetworkPolicy")["spec"], one(rendered, "Deployment")["spec"]
    replicas = {"podSelector": {"matchLabels": deployment["selector"]["matchLabels"]}}
    (calls,) = (rule for rule in policy["ingress"] if rule["ports"][0]["port"] == "webhook")
    assert calls["from"] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}, replicas]
    (passed,) = (rule for rule in policy["egress"] if rule["ports"][0]["port"] == "webhook")
    assert passed["to"] == [replicas]
    address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    assert address in deployment["template"]["spec"]["containers"][0]["env"]
    without = one(helm.template(), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert address not in without["env"]


def test_platforms_and_crds_outlive_the_release(helm: Helm) -> None:
    rendered = helm.template(EVERYTHING)
    platform = one(rendered, "ModelPlatform", "default")
    assert platform["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert "CustomResourceDefinition" not in {m["kind"] for m in rendered}
    crds = list(yaml.safe_load_all(helm.run("show", "crds", str(CHART))))
    assert [crd["kind"] for crd in crds if crd] == ["CustomResourceDefinition"] * 2


def test_who_uninstalls_is_told_of_what_stays_and_nothing_is_changed(helm: Helm) -> None:
    (job,) = [m for m in helm.template() if "pre-delete" in m["metadata"].get("annotations", {}).values()]
    assert "hook-succeeded" in job["metadata"]["annotations"]["helm.sh/hook-output-log-policy"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"][0].startswith("modelpoc status --all-namespaces ||")
    (note,) = container["env"]
    assert "kubectl delete modelpocs --all --all-namespaces" in note["value"]


def test_long_names_stay_names(helm: Helm) -> None:
    long = "a-release-whose-name-is-as-long-as-helm-allows-it-53x"
    rendered = [m for m in yaml.safe_load_all(helm.run("template", long, str(CHART))) if m]
    named = {m["kind"]: m["metadata"]["name"] for m in rendered}
    assert max(len(named[kind]) for kind in ("Deployment", "Service", "Job")) <= 63  # labels hold them


def test_the_install_without_helm_is_current() -> None:
    stale = [str(file.relative_to(ROOT)) for file, text in of_install().items() if file.read_text() != text]
    assert not stale, "run `python -m charts`"


def test_the_install_without_helm_says_nothing_of_helm() -> None:
    text = (ROOT / "charts" / "install" / "operator.yaml").read_text()
    assert "helm" not in text.lower().replace(f"charts/{RELEASE}", "")
    assert all(m["metadata"].get("namespace", NAMESPACE) == NAMESPACE for m in yaml.safe_load_all(text))
