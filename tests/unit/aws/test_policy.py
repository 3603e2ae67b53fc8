"""Every line of every policy, held against AWS's Service Authorization Reference."""

from __future__ import annotations

import ast
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from tests.unit.aws import reference
from tests.unit.aws.reference import meet

import modelpoc.aws
from modelpoc.aws import credentials, policy
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.permission import MARKED, OWNED, Permission
from modelpoc.aws.policy import ROLES, Where
from modelpoc.aws.policy_document import INLINE_LIMIT, document, size

pytestmark = pytest.mark.unit

WHERE = Where(
    region=("eu-west-1",), account=("123456789012",), owner=("default",), bucket=("my-models",),
    listener=("arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shared/0123/4567",),
    load_balancer=("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shared/0123",),
    assumed_role=("arn:aws:iam::123456789012:role/modelpoc",),
)  # fmt: skip
UNKNOWN = {"apigateway:TagResource": "AWS asks for it and does not document it"}
AMONG = [(role, one) for role in ROLES for one in policy.permissions(role)]
Statement = dict[str, Any]


def grants(role: str, where: Where = WHERE) -> Iterator[tuple[str, str, Statement]]:
    for statement in policy.document(role, where)["Statement"]:
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                yield action, resource, statement


@pytest.mark.parametrize("role", ROLES)
def test_every_action_is_one_of_awss(role: str) -> None:
    assert sorted(a for a in policy.actions(role) if reference.action(a) is None) == sorted(
        policy.actions(role) & UNKNOWN.keys()
    )


@pytest.mark.parametrize("role", ROLES)
def test_every_declared_resource_is_one_that_its_action_is_on(role: str) -> None:
    wrong = [
        (action, resource)
        for one in policy.permissions(role)
        for action in one.actions
        for resource in _filled(one)
        if resource != "*" and (known := reference.action(action)) and not known.applies(resource)
    ]
    # API Gateway's tags have a place of their own, which the reference leaves out.
    assert [
        w for w in wrong if "::/tags/" not in w[1] and "/apis" not in w[1] and "/vpclinks" not in w[1]
    ] == []


@pytest.mark.parametrize("where", [WHERE, Where()])
def test_the_operator_reads_handlers_and_no_other_object(where: Where) -> None:
    files = (r for a, r, _ in grants("operator", where) if a == "s3:GetObject" and ":s3:::" in r and "/" in r)
    assert {file.rpartition("/")[2] for file in files} == {"*.py", "*.zip"}  # of `sagemaker.proxy.handler`


def test_whoever_may_act_on_everything_says_why_where_types_are_known() -> None:
    loose = [
        (role, action)
        for role, one in AMONG
        for action in one.actions
        if "*" in one.resources and not one.why and (known := reference.action(action)) and known.formats
    ]
    assert loose == []


def test_every_condition_is_one_that_its_action_knows() -> None:
    """One that holds where its key is missing (`…IfExists`) may stand beside others."""
    unknown = [
        (role, action, condition.key)
        for role, one in AMONG
        for action in one.actions
        for condition in one.conditions
        if not condition.operator.endswith("IfExists")
        and (known := reference.action(action))
        and not known.knows(condition.key)
    ]
    assert unknown == []


@pytest.mark.parametrize("where", [WHERE, Where(), replace(WHERE, bucket=("models-*",))])
@pytest.mark.parametrize("role", ROLES)
def test_merging_grants_no_more_than_was_declared(role: str, where: Where) -> None:
    """An action beside a resource that was not declared for it is one that AWS has not, by its reference."""
    declared = list(_declared(role, where))
    more = [
        (action, resource, asked)
        for action, resource, statement in grants(role, where)
        if (known := reference.action(action)) and known.applies(resource)
        for asked in _each(statement)
        if not any(a == action and _covers(r, resource) and _holds(said, asked) for a, r, said in declared)
    ]
    assert more == []


@pytest.mark.parametrize("where", [WHERE, Where()])
@pytest.mark.parametrize("role", ROLES)
def test_merging_grants_no_less_than_was_declared(role: str, where: Where) -> None:
    granted = [(a, r, block(s)) for a, r, s in grants(role, where)]
    less = [
        (action, resource, said)
        for action, resource, said in _declared(role, where)
        if not any(a == action and _covers(r, resource) and _holds(b, said) for a, r, b in granted)
    ]
    assert less == []


@pytest.mark.parametrize("role", ROLES)
def test_what_an_action_depends_on_is_granted_too(role: str) -> None:
    optional = {
        "lambda:PassCapacityProvider",  # only for functions on machines of one's own
    }
    needed = {d for a in policy.actions(role) if (known := reference.action(a)) for d in known.dependent}
    assert needed - optional <= policy.actions(role)


@pytest.mark.parametrize("role", ROLES)
def test_each_fits_into_a_role(role: str) -> None:
    role_arn = "arn:aws-us-gov:iam::123456789012:role/modelpoc-"
    long = Where(
        partition=("aws-us-gov",), region=("us-gov-west-1",), account=("123456789012",),
        owner=("a-rather-long-owner-id",), bucket=("a-bucket-with-a-name-of-some-length",),
        listener=WHERE.listener, cluster=("modelpoc-a-rather-long-0123456789",),
        execution_role=(f"{role_arn}execution",),
        task_role=(f"{role_arn}task",),
        sagemaker_role=(f"{role_arn}sagemaker",),
        function_role=(f"{role_arn}function",),
    )  # fmt: skip
    assert size(policy.document(role, long)) <= INLINE_LIMIT
    assert size(policy.document(role, Where())) <= INLINE_LIMIT


def test_size_leaves_white_space_out() -> None:
    assert size({"Version": "a b", "Statement": []}) == len('{"Version":"ab","Statement":[]}')


@pytest.mark.parametrize("role", ROLES)
def test_the_same_is_written_the_same(role: str) -> None:
    backwards = tuple(reversed(policy.permissions(role)))
    assert json.dumps(document(backwards, WHERE)) == json.dumps(policy.document(role, WHERE))
    sids = [statement["Sid"] for statement in policy.document(role, WHERE)["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)


def test_the_operators_is_what_the_kinds_declare() -> None:
    modules = {sys.modules[type(kind).__module__] for kind in KINDS.values()} | {credentials}
    declared = {action for module in modules for one in module.PERMISSIONS for action in one.actions}
    assert policy.actions("operator") == declared - {"sts:AssumeRole"}, "only where a platform names a role"
    assert "sts:AssumeRole" in {action for action, _, _ in grants("operator")}


def test_every_call_in_the_code_has_its_action() -> None:
    """What kinds and their helpers ask AWS for, found in the code, stands among the actions."""
    called = {action for operation in _operations() for action in _actions(*operation)}
    allowed = policy.actions("operator") | policy.actions("reader")
    assert sorted(called - allowed) == ["logs:FilterLogEvents"], "that is people's own: `modelpoc logs`"
    assert len(called) > 80


def test_nothing_is_made_without_a_mark() -> None:
    for action, resource, statement in grants("operator"):
        if action.partition(":")[2].startswith("Create") and action not in _UNMARKED:
            assert MARKED.key in statement["Condition"]["StringEquals"], (action, resource)


_UNMARKED = {"iam:CreateServiceLinkedRole", "iam:CreateRole"}
"""The first is bound by its service, the second by path and permissions boundary."""


def test_nothing_is_deleted_but_what_bears_our_mark() -> None:
    for action, resource, statement in grants("operator"):
        if action.partition(":")[2].startswith("Delete") and action not in _BY_NAME:
            assert OWNED.key in statement["Condition"]["StringEquals"], (action, resource)


_BY_NAME = {
    "iam:DeleteRole", "iam:DeleteRolePolicy",  # by path
    "logs:DeleteLogGroup",  # SageMaker's own has no tags
    "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
    "cloudwatch:DeleteAlarms",  # a scaling policy's have no tags
}  # fmt: skip


def test_roles_are_passed_to_their_services_alone() -> None:
    passing = [s for a, _, s in grants("operator") if a == "iam:PassRole"]
    services = {s for one in passing for s in _list(one["Condition"]["StringEquals"]["iam:PassedToService"])}
    assert services == {"ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "sagemaker.amazonaws.com"}


def test_a_platforms_own_things_are_named_and_nothing_else_of_others() -> None:
    unnamed = Where(region=("eu-west-1",), account=("123456789012",), owner=("default",))
    rules = [(r, s) for a, r, s in grants("operator", unnamed) if a == "elasticloadbalancing:CreateRule"]
    assert all(OWNED.key in s["Condition"]["StringEquals"] for _, s in rules)
    named = [r for a, r, s in grants("operator") if a.endswith(":CreateRule") and "/shared/" in r]
    assert WHERE.listener[0] in named
    assert "sts:AssumeRole" not in {a for a, _, _ in grants("operator", unnamed)}


def test_an_unknown_place_is_a_wildcard() -> None:
    found = policy.document("execution", Where())["Statement"]
    assert any("arn:aws:ecr:*:*:repository/*" in one["Resource"] for one in found)


def test_several_platforms_share_one_policy() -> None:
    two = Where(region=("eu-west-1", "us-east-1"), account=("123456789012",), owner=("one", "two"))
    statements = policy.document("operator", two)["Statement"]
    own = next(s for s in statements if s["Sid"].startswith("Own"))
    assert own["Condition"]["StringEquals"][OWNED.key] == ["one", "two"]
    resources = {r for s in statements for r in s["Resource"]}
    assert "arn:aws:secretsmanager:us-east-1:123456789012:secret:modelpoc/two/*" in resources


def test_the_reader_only_reads() -> None:
    verbs = {a.partition(":")[2] for a in policy.actions("reader")}
    assert all(verb == "GET" or verb.startswith(("Describe", "Get", "List")) for verb in verbs)
    assert "s3:GetObject" not in policy.actions("reader")


def test_patterns_that_meet() -> None:
    assert meet("arn:aws:ecs:r:a:service/*/x-??????", "arn:*:ecs:*:*:service/*/*")
    assert not meet("arn:aws:ecs:r:a:service/*/x", "arn:*:ecs:*:*:cluster/*")
    assert not meet("arn:aws:ecs:r:a:service/one", "arn:*:ecs:*:*:service/two*")


def _filled(one: Permission) -> list[str]:
    return [r for s in document([one], WHERE)["Statement"] for r in s["Resource"]]


Block = dict[tuple[str, str], frozenset[str]]
"""Operator and key → values, of which one must fit."""


def block(statement: Statement) -> Block:
    return {
        (operator, key): frozenset(_list(value))
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    }


def _declared(role: str, where: Where) -> Iterator[tuple[str, str, Block]]:
    for one in policy.permissions(role):
        for statement in document([one], where)["Statement"]:
            for action in one.actions:
                for resource in statement["Resource"]:
                    yield action, resource, block(statement)


def _each(statement: Statement) -> Iterator[Block]:
    """The same with one value for each key: what a request that it allows may have."""
    keys = block(statement)
    for values in itertools.product(*keys.values()):
        yield {key: frozenset({value}) for key, value in zip(keys, values, strict=True)}


def _holds(said: Block, asked: Block) -> bool:
    """Whether the conditions `said` hold for whatever is as `asked`."""
    return all(asked.get(key, frozenset()) and asked[key] <= values for key, values in said.items())


def _covers(wide: str, narrow: str) -> bool:
    """Whether a pattern has at least what another has, as far as this needs: the same, or by a prefix."""
    return wide in ("*", narrow) or (wide.endswith("*") and narrow.startswith(wide[:-1]))


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


_SERVICES = {"elbv2": "elasticloadbalancing", "apigatewayv2": "apigateway"}
_FREE = {"sts:GetCallerIdentity"}


def _operations() -> Iterator[tuple[str, str]]:
    """(service, operation) of every `scope.call` and `scope.pages` in `modelpoc.aws`."""
    for file in sorted(Path(modelpoc.aws.__path__[0]).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            t.id: n.value.value
            for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)
            for t in n.targets if isinstance(t, ast.Name)
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _called(node, constants)


def _called(node: ast.Call, constants: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = [
        constants.get(a.id) if isinstance(a, ast.Name) else a.value if isinstance(a, ast.Constant) else None
        for a in node.args
    ]
    if name in ("call", "pages") and len(texts) > 1 and texts[0] and texts[1]:
        yield str(texts[0]), str(texts[1])
    if name == "items" and texts and texts[-1]:
        yield "apigatewayv2", str(texts[-1])


def _actions(service: str, operation: str) -> set[str]:
    if service == "apigatewayv2":
        model = botocore.session.get_session().get_service_model(service).operation_model(operation)
        return {f"apigateway:{model.http['method']}"}
    if (service, operation) == ("s3", "ListObjectsV2"):
        return {"s3:ListBucket"}
    return {f"{_SERVICES.get(service, service)}:{operation}"} - _FREE
