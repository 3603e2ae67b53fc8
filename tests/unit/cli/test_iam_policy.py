"""`modelpoc iam-policy`: documents, roles in Terraform and CloudFormation, narrowed to platforms."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from modelpoc.aws.policy import ROLES
from modelpoc.cli.main import app

pytestmark = pytest.mark.unit

ACCOUNT = "123456789012"
BALANCING = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}"
PLATFORM = f"""\
apiVersion: modelpoc.dev/v1alpha1
kind: ModelPlatform
metadata: {{name: default}}
spec:
  ownerId: fleet
  accountId: "{ACCOUNT}"
  region: eu-west-1
  artifacts: {{bucket: my-models}}
  network: {{vpcId: vpc-1, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1]}}
  ecs:
    executionRoleArn: arn:aws:iam::{ACCOUNT}:role/run
    clusterArn: arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/shared
  routing:
    apis: [{{id: abc123}}]
    vpcLink: {{id: link}}
    loadBalancers:
    - arn: {BALANCING}:loadbalancer/app/shared/0123456789abcdef
      listenerArn: {BALANCING}:listener/app/shared/0123456789abcdef/0123456789abcdef
  allow:
    images: ["{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/models/*:*", "docker.io/*"]
    secretArns: ["arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/pocs/*", "arn:aws:*:secret:*"]
    roleArns: ["arn:aws:iam::{ACCOUNT}:role/poc-*"]
"""


@pytest.fixture
def platform(tmp_path: Path) -> str:
    file = tmp_path / "platform.yaml"
    file.write_text(PLATFORM)
    return str(file)


def printed(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["iam-policy", *words])
    assert result.exit_code == code, result.output
    return result.stdout


def policy(*words: str) -> list[dict[str, Any]]:
    document = json.loads(printed(*words))
    assert document["Version"] == "2012-10-17"
    return list(document["Statement"])


def resources(statements: list[dict[str, Any]], action: str) -> set[str]:
    """Those of the action's own service: one of another is nothing to it."""
    service = action.partition(":")[0]
    found = {r for s in statements for r in s["Resource"] if action in s["Action"]}
    return {r for r in found if r.split(":")[2:3] == [service]}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_a_document(role: str, platform: str) -> None:
    assert all(s["Effect"] == "Allow" for s in policy(role, "--platform", platform))
    assert all(s["Effect"] == "Allow" for s in policy(role))


def test_the_operators_is_meant_when_nothing_is_said() -> None:
    assert printed() == printed("operator")


def test_a_platform_narrows_it(platform: str) -> None:
    found = policy("operator", "--platform", platform)
    text = json.dumps(found)
    assert '"aws:ResourceTag/modelpoc.dev/owner-id": "fleet"' in text
    assert f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:modelpoc/fleet/*" in text
    assert "arn:aws:s3:::my-models" in resources(found, "s3:ListBucket")
    assert "arn:aws:apigateway:eu-west-1::/apis/abc123/*" in resources(found, "apigateway:PATCH")
    assert f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/shared/*-??????????" in resources(
        found, "ecs:UpdateService"
    )
    rules = resources(found, "elasticloadbalancing:CreateRule")
    assert f"{BALANCING}:listener/app/shared/0123456789abcdef/0123456789abcdef" in rules


def test_roles_are_passed_as_the_platform_names_them(platform: str) -> None:
    found = policy("operator", "--platform", platform)
    to_tasks = {
        r for s in found for r in s["Resource"]
        if s["Action"] == ["iam:PassRole"]
        and s["Condition"]["StringEquals"]["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
    }  # fmt: skip
    named = {f"arn:aws:iam::{ACCOUNT}:role/run", f"arn:aws:iam::{ACCOUNT}:role/poc-*"}
    assert named <= to_tasks
    assert f"arn:aws:iam::{ACCOUNT}:role/*" not in to_tasks


def passed(found: list[dict[str, Any]]) -> set[str]:
    """`service: role` for each role that may be handed out."""
    return {
        f"{service}: {role.partition(':role/')[2]}"
        for s in found if s["Action"] == ["iam:PassRole"]
        for service in _many(s["Condition"]["StringEquals"]["iam:PassedToService"])
        for role in s["Resource"]
    }  # fmt: skip


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


PER_POC = f"taskRole: {{perPoc: {{permissionsBoundaryArn: 'arn:aws:iam::{ACCOUNT}:policy/limit'}}}}"


def test_a_role_that_no_platform_names_is_not_handed_out(tmp_path: Path) -> None:
    """Neither is one made for POCs, where no platform says within which boundary."""
    file = tmp_path / "platform.yaml"
    file.write_text("\n".join(line for line in PLATFORM.splitlines() if "roleArns" not in line))
    found = policy("operator", "--platform", str(file))
    assert passed(found) == {
        "ecs-tasks.amazonaws.com: run",
        "ecs-tasks.amazonaws.com: modelpoc/eu-west-1/fleet/*",
    }
    made = {action for s in found for action in s["Action"]}
    assert not made & {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}
    assert "iam:DeleteRole" in made, "what was made before goes"
    assert "policy/" not in json.dumps(found)


def test_roles_of_pocs_are_made_within_the_platforms_boundary(tmp_path: Path) -> None:
    (file := tmp_path / "platform.yaml").write_text(PLATFORM.replace("  ecs:\n", f"  ecs:\n    {PER_POC}\n"))
    found = policy("operator", "--platform", str(file))
    (making,) = (s for s in found if "iam:CreateRole" in s["Action"])
    assert making["Condition"]["StringEquals"] == {
        "iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/limit"
    }


def test_no_boundary_is_one_of_awss_own() -> None:
    (making,) = (s for s in policy("operator") if "iam:CreateRole" in s["Action"])
    (pattern,) = making["Condition"]["StringLike"].values()
    assert not fnmatchcase("arn:aws:iam::aws:policy/AdministratorAccess", pattern)
    assert fnmatchcase(f"arn:aws:iam::{ACCOUNT}:policy/limit", pattern)


def test_a_boundary_is_a_managed_policy_and_may_be_less_long(tmp_path: Path) -> None:
    secrets = ", ".join(f'"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/pocs/of-team-{n}/*"' for n in range(100))
    (file := tmp_path / "platform.yaml").write_text(
        re.sub(r"secretArns: .*", f"secretArns: [{secrets}]", PLATFORM)
    )
    told = CliRunner().invoke(app, ["iam-policy", "boundary", "--platform", str(file)]).stderr
    assert "IAM takes 6144 (managed)" in told


def test_what_containers_read_follows_the_platforms_patterns(platform: str) -> None:
    found = policy("execution", "--platform", platform)
    assert resources(found, "ecr:BatchGetImage") == {f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/models/*"}
    assert resources(found, "ssm:GetParameters") >= {f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/pocs/*"}
    assert resources(found, "secretsmanager:GetSecretValue") >= {
        f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:*"
    }


@pytest.mark.parametrize(
    ("allowed", "granted"),
    [("token", "token-??????"), ("token-AbCdEf", "token-AbCdEf"), ("t*", "t*"), ("*-key", "*-key-??????")],
)
def test_a_secret_without_its_suffix_is_granted_with_it(tmp_path: Path, allowed: str, granted: str) -> None:
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:"
    file = tmp_path / "platform.yaml"
    file.write_text(re.sub(r"secretArns: .*", f'secretArns: ["{arn}{allowed}"]', PLATFORM))
    doing = {"operator": "DescribeSecret", "execution": "GetSecretValue", "boundary": "GetSecretValue"}
    for role, action in doing.items():
        named = resources(policy(role, "--platform", str(file)), f"secretsmanager:{action}")
        assert f"{arn}{granted}" in named
        assert (f"{arn}{allowed}" in named) is (granted == allowed)


def test_an_option_counts_more_than_the_platform(platform: str) -> None:
    found = policy("reader", "--platform", platform, "--bucket", "one", "--bucket", "two")
    assert resources(found, "s3:ListBucket") == {"arn:aws:s3:::one", "arn:aws:s3:::two"}


def test_a_task_role_is_for_one_poc() -> None:
    found = policy("task", "--bucket", "models", "--owner-id", "fleet", "--poc", "team-a/echo")
    assert resources(found, "s3:GetObject") == {"arn:aws:s3:::models/echo/*"}
    listing = next(s for s in found if "s3:ListBucket" in s["Action"])
    assert listing["Condition"]["StringLike"]["s3:prefix"] == "echo/*"
    assert any("modelpoc/fleet/team-a/echo/" in r for r in resources(found, "secretsmanager:GetSecretValue"))
    printed("task", "--poc", "echo", code=2)


@pytest.mark.parametrize("path", ["platfrom.yaml", "config/default"])
def test_a_file_that_is_not_there_is_no_cluster_that_is_not_there(tmp_path: Path, path: str) -> None:
    done = CliRunner().invoke(app, ["iam-policy", "--platform", str(tmp_path / path)])
    assert done.exit_code == 1
    assert f"there is no file {tmp_path / path}" in str(done.exception) + done.stderr


def test_what_is_not_known_is_said_beside_it() -> None:
    wide = CliRunner().invoke(app, ["iam-policy"])
    assert "--platform" in wide.stderr
    narrow = CliRunner().invoke(app, ["iam-policy", "--account", ACCOUNT, "--owner-id", "default"])
    assert narrow.stderr == ""


def test_a_file_that_holds_no_platform_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("kind: Other\n")
    result = CliRunner().invoke(app, ["iam-policy", "--platform", str(file)])
    assert result.exit_code == 1
    assert "holds no ModelPlatform" in result.stderr


# who takes it on


def trust(*words: str) -> dict[str, Any]:
    (statement,) = policy(*words, "--trust")
    return statement


def test_pod_identity_takes_on_the_operators_role() -> None:
    found = trust("operator", "--namespace", "models", "--service-account", "op")
    assert found["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert found["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert found["Condition"]["StringEquals"] == {
        "aws:RequestTag/kubernetes-namespace": "models",
        "aws:RequestTag/kubernetes-service-account": "op",
    }


def test_a_service_account_takes_it_on_by_oidc() -> None:
    provider = "oidc.eks.eu-west-1.amazonaws.com/id/0123"
    found = trust("operator", "--account", ACCOUNT, "--oidc-provider", f"https://{provider}")
    assert found["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}
    assert found["Condition"]["StringEquals"] == {
        f"{provider}:aud": "sts.amazonaws.com",
        f"{provider}:sub": "system:serviceaccount:modelpoc-system:modelpoc-operator",
    }


@pytest.mark.parametrize(
    ("role", "service"),
    [("execution", "ecs-tasks"), ("task", "ecs-tasks"), ("sagemaker", "sagemaker"), ("function", "lambda")],
)
def test_services_take_roles_on_for_this_account_only(role: str, service: str) -> None:
    found = trust(role, "--account", ACCOUNT)
    assert found["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert found["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_the_reader_is_no_pod() -> None:
    """A pull request's `modelpoc plan` acts as it, or a person whom the account lets."""
    assert trust("reader", "--account", ACCOUNT) == {
        "Sid": "TakeOn",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }


def test_a_workflow_takes_the_reader_on() -> None:
    provider, subject = "token.actions.githubusercontent.com", "repo:team/models:pull_request"
    words = ("--account", ACCOUNT, "--oidc-provider", provider)
    found = trust("reader", *words, "--subject", subject)
    assert found["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}
    assert found["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert found["Condition"]["StringEquals"] == {
        f"{provider}:aud": "sts.amazonaws.com",
        f"{provider}:sub": subject,
    }
    printed("reader", *words, "--trust", code=2)
    printed("reader", "--subject", subject, "--trust", code=2)


@pytest.mark.parametrize(
    "words",
    [
        ("reader", "--trust"),
        ("reader", "--format", "terraform"),
        ("operator", "--trust", "--oidc-provider", "oidc.example/id"),
    ],
)
def test_a_trust_policy_that_names_an_account_has_to_know_it(words: tuple[str, ...]) -> None:
    """IAM takes no `*` in a principal."""
    result = CliRunner().invoke(app, ["iam-policy", *words])
    assert result.exit_code == 2
    assert "--account" in result.stderr


def test_a_service_trusted_for_any_account_is_said_beside_it() -> None:
    assert "--platform" in CliRunner().invoke(app, ["iam-policy", "execution", "--trust"]).stderr


def test_nobody_takes_a_boundary_on() -> None:
    printed("boundary", "--trust", code=2)


# forms


@pytest.mark.parametrize("role", ROLES)
def test_cloudformation_holds_the_same_policy(role: str, platform: str) -> None:
    template = yaml.safe_load(printed(role, "--platform", platform, "--format", "cloudformation"))
    (resource,) = template["Resources"].values()
    properties = resource["Properties"]
    if role == "boundary":
        assert resource["Type"] == "AWS::IAM::ManagedPolicy"
        assert properties["PolicyDocument"]["Statement"] == policy(role, "--platform", platform)
        return
    assert resource["Type"] == "AWS::IAM::Role"
    (inline,) = properties["Policies"]
    assert inline["PolicyDocument"]["Statement"] == policy(role, "--platform", platform)
    (taken,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert taken == trust(role, "--platform", platform)


@pytest.mark.parametrize("role", ROLES)
def test_terraform_holds_the_same_policy(role: str, platform: str) -> None:
    text = printed(role, "--platform", platform, "--format", "terraform")
    documents = [evaluated(found) for found in re.findall(r"jsonencode\((\{.*?^  \})\)$", text, re.M | re.S)]
    assert policy(role, "--platform", platform) in [found["Statement"] for found in documents]
    kinds = re.findall(r'^resource "(\w+)" "(\w+)" \{$', text, re.M)
    label = f"modelpoc_{role}"
    if role == "boundary":
        assert kinds == [("aws_iam_policy", label)]
    else:
        assert kinds == [("aws_iam_role", label), ("aws_iam_role_policy", label)]
        assert f"aws_iam_role.{label}.id" in text


def evaluated(hcl: str) -> Any:
    """An HCL object of texts, lists and objects, as `jsonencode` would have it."""
    assert "${" not in hcl
    text = re.sub(r"^(\s*)(\w+|\"[^\"]+\")\s+= ", lambda m: f"{m[1]}{_quoted(m[2])}: ", hcl, flags=re.M)
    text = re.sub(r'(["\]}])\n(\s*")', r"\1,\n\2", text)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


def _quoted(key: str) -> str:
    return key if key.startswith('"') else f'"{key}"'


def test_terraform_is_written_as_its_own_formatter_would(platform: str) -> None:
    """Two blanks for each level, and equals signs of neighbours below one another."""
    lines = printed("operator", "--platform", platform, "--format", "terraform").splitlines()
    depth = 0
    for before, line in zip(["", *lines], lines, strict=False):
        depth -= line.lstrip().startswith(("}", "]"))
        assert not line or line == "  " * depth + line.lstrip()
        depth += line.endswith(("{", "[", "{[", "({"))
        one, other = (_equals(text) for text in (before, line))
        if one is not None and other is not None:
            assert one == other, (before, line)


def _equals(line: str) -> int | None:
    """Where the equals sign of an attribute of one line stands."""
    return None if line.endswith(("{", "[", "(")) or " = " not in line else line.index(" = ")


def test_a_file_is_written(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    assert printed("function", "--account", ACCOUNT, "-o", str(file)) == ""
    assert json.loads(file.read_text())["Version"] == "2012-10-17"
