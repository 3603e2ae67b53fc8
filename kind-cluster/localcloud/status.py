"""What runs in a cloud, asked of the cloud itself."""

from __future__ import annotations

import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud import lifecycle
from localcloud.given import cluster_of
from localcloud.state import CloudFiles


def document(files: CloudFiles) -> dict[str, Any]:
    """A cloud for scripts: where everything answers, its processes, and the variables to reach it with."""
    about = files.about_aws() or {}
    plane = cluster_of(files)
    processes = {name: process.pid for name, process in files.started().items() if process.alive()}
    environment = lifecycle.admin_environment(files) if about else {}
    if plane is not None:
        environment = {**environment, **lifecycle.kubectl_environment(files, plane.kubeconfig)}
    return {
        "name": files.name,
        "running": lifecycle.running(files),
        "kubeconfig": str(plane.kubeconfig) if plane else None,
        "kubectl": str(plane.binaries.kubectl) if plane else None,
        "awsEndpointUrl": about.get("endpointUrl"),
        "apiUrl": _api_url(files) if "aws" in processes else None,
        "operatorUrl": _operator_url(files) if "operator" in processes else None,
        "timeScale": about.get("timeScale"),
        "account": about.get("account"),
        "region": about.get("region"),
        "pids": {**(plane.pids if plane else {}), **processes},
        "loadBalancers": _load_balancers(files) if "aws" in processes else [],
        "stateDir": str(files.root) if files.root.exists() else None,
        "environment": environment,
    }


def client(files: CloudFiles, service: str) -> Any:
    """A boto3 client of the cloud's administrator. `LifecycleError` if its AWS does not run."""
    about = files.about_aws()
    if about is None:
        raise lifecycle.LifecycleError(
            f"cloud {files.name!r} does not run: start it with `modelpoc local up`"
        )
    keys = about["admin"]
    return boto3.client(
        service,
        endpoint_url=about["endpointUrl"],
        region_name=about["region"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        # No proxy on the way to this machine.
        config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2}, proxies={}),
    )


def _operator_url(files: CloudFiles) -> str | None:
    """Where the operator serves health and metrics: on any free port, so its log tells."""
    told = re.findall(
        r"health and metrics: (http://[^\s\"]+)", files.log("operator").read_text(errors="replace")
    )
    return told[-1] if told else None


def _api_url(files: CloudFiles) -> str | None:
    try:
        apis = client(files, "apigatewayv2").get_apis()["Items"]
    except (BotoCoreError, ClientError):
        return None
    http = [api["ApiEndpoint"] for api in apis if api.get("ProtocolType") == "HTTP"]
    return http[0] if http else None


def _load_balancers(files: CloudFiles) -> list[dict[str, Any]]:
    try:
        found = client(files, "elbv2").describe_load_balancers()["LoadBalancers"]
    except (BotoCoreError, ClientError):
        return []
    return [
        {"name": lb["LoadBalancerName"], "dnsName": lb["DNSName"], "state": lb["State"]["Code"]}
        for lb in found
    ]
