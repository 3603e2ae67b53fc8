"""Policies as people put them into an account: JSON, Terraform, CloudFormation. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from modelpoc.aws import policy
from modelpoc.aws.policy_document import Document, Where
from modelpoc.cli.iam_trust import Trusted, trust_policy

BOUNDARY = "boundary"
"""A managed policy and no role: nobody takes it on."""


@dataclass(frozen=True)
class Asked:
    """Which role, where, taken on by whom."""

    role: str
    where: Where
    trusted: Trusted
    trust_only: bool = False

    @property
    def policy(self) -> Document:
        return policy.document(self.role, self.where)

    @property
    def trust(self) -> Document:
        return trust_policy(self.role, self.where, self.trusted)

    @property
    def name(self) -> str:
        return f"modelpoc-{self.role}"


def as_json(asked: Asked) -> str:
    """One document, the policy or who takes it on."""
    return json.dumps(asked.trust if asked.trust_only else asked.policy, indent=2) + "\n"


def as_terraform(asked: Asked) -> str:
    """A role with its inline policy, or a managed policy, as `terraform fmt` would have it."""
    label = asked.name.replace("-", "_")
    if asked.role == BOUNDARY:
        body = {"name": asked.name, "policy": _Encoded(asked.policy)}
        return _block("resource", "aws_iam_policy", label, body)
    role = {"name": asked.name, "assume_role_policy": _Encoded(asked.trust)}
    inline = {"name": "modelpoc", "role": _Bare(f"aws_iam_role.{label}.id"), "policy": _Encoded(asked.policy)}
    blocks = [_block("resource", "aws_iam_role", label, role)]
    if not asked.trust_only:
        blocks.append(_block("resource", "aws_iam_role_policy", label, inline))
    return "\n".join(blocks)


def as_cloudformation(asked: Asked) -> str:
    """A template with the role and its inline policy, or the managed policy; its ARN is an output."""
    resource = _role_resource(asked) if asked.role != BOUNDARY else _policy_resource(asked)
    arn = {"Fn::GetAtt": ["Role", "Arn"]} if asked.role != BOUNDARY else {"Ref": "Policy"}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"modelpoc: {asked.role}",
        "Resources": resource,
        "Outputs": {"Arn": {"Value": arn}},
    }
    return yaml.safe_dump(template, sort_keys=False, width=120)


def _role_resource(asked: Asked) -> dict[str, Any]:
    properties: dict[str, Any] = {"RoleName": asked.name, "AssumeRolePolicyDocument": asked.trust}
    if not asked.trust_only:
        properties["Policies"] = [{"PolicyName": "modelpoc", "PolicyDocument": asked.policy}]
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}


def _policy_resource(asked: Asked) -> dict[str, Any]:
    properties = {"ManagedPolicyName": asked.name, "PolicyDocument": asked.policy}
    return {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}


@dataclass(frozen=True)
class _Bare:
    """Terraform's own words, such as a reference."""

    text: str


@dataclass(frozen=True)
class _Encoded:
    """What Terraform turns into JSON."""

    value: Any


def _block(kind: str, sort: str, name: str, body: Mapping[str, Any]) -> str:
    return f'{kind} "{sort}" "{name}" {{\n{_attributes(body, 1)}}}\n'


def _attributes(body: Mapping[str, Any], depth: int) -> str:
    """`terraform fmt` aligns the equals signs of lines that follow one another, each of one line; one of many
    lines stands for itself."""
    written = {_key(key): _value(value, depth) for key, value in body.items()}
    lines, run = [], []
    for key, text in (*written.items(), ("", "\n")):
        if "\n" not in text:
            run.append((key, text))
            continue
        width = max((len(k) for k, _ in run), default=0)
        lines += [f"{'  ' * depth}{k.ljust(width)} = {v}\n" for k, v in run]
        run = []
        if key:
            lines.append(f"{'  ' * depth}{key} = {text}\n")
    return "".join(lines)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() else _quoted(key)


def _value(value: Any, depth: int) -> str:
    pad, end = "  " * (depth + 1), "  " * depth
    match value:
        case _Bare(text):
            return text
        case _Encoded(inner):
            return f"jsonencode({_value(inner, depth)})"
        case Mapping():
            return f"{{\n{_attributes(value, depth + 1)}{end}}}"
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return "[\n" + "".join(f"{pad}{_quoted(one)},\n" for one in value) + f"{end}]"
        case list() | tuple():
            return "[\n" + "".join(f"{pad}{_value(one, depth + 1)},\n" for one in value) + f"{end}]"
        case _:
            return _quoted(str(value))


def _quoted(text: str) -> str:
    """Terraform reads ${ and %{ in strings."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


FORMS: Mapping[str, Callable[[Asked], str]] = {
    "json": as_json,
    "terraform": as_terraform,
    "cloudformation": as_cloudformation,
}
