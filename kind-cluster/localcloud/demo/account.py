"""What an AWS account has before modelpoc comes to it: a network, a bucket, roles."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from localcloud import status
from localcloud.controlplane.progress import Tell
from localcloud.demo.commands import Kubectl
from localcloud.state import CloudFiles

BUCKET = "models"
_ROLES = {
    "execution": ("modelpoc-execution", "ecs-tasks"),
    "task": ("modelpoc-task", "ecs-tasks"),
    "sagemaker": ("modelpoc-sagemaker", "sagemaker"),
    "function": ("modelpoc-function", "lambda"),
}
"""Use → name, and the service that takes it on."""
_BOUNDARY = "modelpoc-boundary"


@dataclass(frozen=True)
class Prepared:
    """What a platform's manifest needs to know of its account."""

    account: str
    region: str
    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    bucket: str
    execution_role: str
    task_role: str
    sagemaker_role: str
    function_role: str
    boundary: str = ""
    """ARN of the permissions boundary for roles that the operator makes, if the account has one."""


def prepare(files: CloudFiles, bucket: str = BUCKET) -> Prepared:
    """Makes bucket and roles where they are missing; takes the account's default network.

    Roles that the account has from the start keep their policies; those made here may do everything.
    """
    about = files.about_aws() or {}
    ec2 = status.client(files, "ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    within = [{"Name": "vpc-id", "Values": [vpc]}]
    _bucket(status.client(files, "s3"), bucket, about["region"])
    iam = status.client(files, "iam")
    roles = {use: _role(iam, name, service) for use, (name, service) in _ROLES.items()}
    return Prepared(
        account=about["account"],
        region=about["region"],
        vpc=vpc,
        subnets=tuple(sorted(s["SubnetId"] for s in ec2.describe_subnets(Filters=within)["Subnets"])),
        security_groups=tuple(
            g["GroupId"] for g in ec2.describe_security_groups(Filters=within)["SecurityGroups"]
        )[:1],
        bucket=bucket,
        execution_role=roles["execution"],
        task_role=roles["task"],
        sagemaker_role=roles["sagemaker"],
        function_role=roles["function"],
        boundary=_boundary(iam),
    )


def _bucket(s3: Any, name: str, region: str) -> None:
    if name not in {b["Name"] for b in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})


def _role(iam: Any, name: str, service: str) -> str:
    found = {r["RoleName"]: r["Arn"] for r in iam.list_roles()["Roles"]}
    if name not in found:
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_trust(service)))
        iam.put_role_policy(RoleName=name, PolicyName="modelpoc", PolicyDocument=json.dumps(_everything()))
        found[name] = made["Role"]["Arn"]
    return str(found[name])


def _boundary(iam: Any) -> str:
    """The one that the account has from the start; empty if it has none."""
    policies = {p["PolicyName"]: p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"]}
    return str(policies.get(_BOUNDARY, ""))


def _everything() -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _trust(service: str) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    allowed = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def platform_manifest(prepared: Prepared, name: str = "default", **spec: Any) -> dict[str, Any]:
    """A ModelPlatform on that account; everything shared is left for the operator to make.

    `spec` overrides or adds top-level fields.
    """
    base = {
        "accountId": prepared.account,
        "region": prepared.region,
        "artifacts": {"bucket": prepared.bucket},
        "network": {
            "vpcId": prepared.vpc,
            "subnetIds": list(prepared.subnets),
            "securityGroupIds": list(prepared.security_groups),
        },
        "ecs": {
            "executionRoleArn": prepared.execution_role,
            "taskRoleArn": prepared.task_role,
            "placeholderImage": "local/placeholder:latest",
        },
        "sagemaker": {"executionRoleArn": prepared.sagemaker_role},
        "lambda": {"roleArn": prepared.function_role},
        "allow": {"images": ["local/*"], "secretArns": ["arn:aws:*:parameter/*", "arn:aws:*:secret:*"]},
    }
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPlatform",
        "metadata": {"name": name},
        "spec": base | spec,
    }


async def ensure_platform(files: CloudFiles, tell: Tell) -> None:
    """A platform called `default` on the account, so that POCs can come; nothing, where there is a platform.

    `DemoFailed` when the cluster does not take it.
    """
    kubectl = Kubectl(files)
    if json.loads(await kubectl("get", "modelplatforms", "--output", "json"))["items"]:
        return
    prepared = await asyncio.to_thread(prepare, files)
    await kubectl("apply", "--filename", "-", stdin=json.dumps(platform_manifest(prepared)))
    tell(f"platform default: account {prepared.account}, bucket {prepared.bucket}, roles, network")
