"""The roles that are in an account's IAM from the start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends

from localcloud.aws.iam import documents
from localcloud.context import CloudConfig

OPERATOR = "modelpoc-operator"
BOUNDARY = "modelpoc-boundary"
POLICY = "modelpoc"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""What the operator's role may do when nothing is said of it."""
_SERVICES = {
    "modelpoc-execution": "ecs-tasks",
    "modelpoc-task": "ecs-tasks",
    "modelpoc-sagemaker": "sagemaker",
    "modelpoc-function": "lambda",
}


def make_roles(config: CloudConfig) -> None:
    """Makes the operator's role and those of `config.policies`, each with its inline policy.

    What stands under `modelpoc-boundary` is made a managed policy instead: a permissions boundary is one.
    Within moto's world. `Malformed` for a document that cannot be evaluated.
    """
    iam = iam_backends[config.account][config.partition]
    for name, document in {OPERATOR: EVERYTHING, **config.policies}.items():
        text = json.dumps(document)
        documents.policy(text)
        if name == BOUNDARY:
            iam.create_policy("", "/", text, name, [])
            continue
        trust = json.dumps(trust_of(name, config))
        iam.create_role(name, trust, "/", None, "", [], "3600")
        iam.put_role_policy(name, POLICY, text)


def trust_of(name: str, config: CloudConfig) -> Mapping[str, Any]:
    """Who may take a role on: the service that it is for, else the account's own principals."""
    service = _SERVICES.get(name)
    root = f"arn:{config.partition}:iam::{config.account}:root"
    principal = {"Service": f"{service}.amazonaws.com"} if service else {"AWS": root}
    allowed = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [allowed]}
