"""`modelpoc iam-policy`: the least that each role in AWS must be allowed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.aws import policy
from modelpoc.aws.policy_document import INLINE_LIMIT, MANAGED_LIMIT, Where, size
from modelpoc.cli.faces import Context, run
from modelpoc.cli.iam_forms import FORMS, Asked
from modelpoc.cli.iam_trust import Trusted
from modelpoc.cli.iam_where import platforms_of, where_of


class Role(StrEnum):
    """Roles that modelpoc needs."""

    OPERATOR = "operator"
    READER = "reader"
    EXECUTION = "execution"
    TASK = "task"
    BOUNDARY = "boundary"
    SAGEMAKER = "sagemaker"
    FUNCTION = "function"


class Form(StrEnum):
    """How it is written."""

    JSON = "json"
    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"


Many = list[str] | None
_NARROWER = "name a platform (--platform) or more options: what is not known stands as * and allows more"


def iam_policy(
    role: Annotated[Role, typer.Argument(help="Whose policy.")] = Role.OPERATOR,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|NAME",
            help="Narrow it to a ModelPlatform: of a file, or in the cluster.",
        ),
    ] = None,
    account: Annotated[Many, typer.Option(help="AWS account.")] = None,
    region: Annotated[Many, typer.Option(help="AWS region.")] = None,
    partition: Annotated[str | None, typer.Option(help="aws, aws-cn or aws-us-gov.")] = None,
    owner_id: Annotated[Many, typer.Option(help="ownerId of the platform (default: its name).")] = None,
    bucket: Annotated[Many, typer.Option(help="Bucket of the models' files.")] = None,
    cluster: Annotated[Many, typer.Option(help="Name of the ECS cluster.")] = None,
    api: Annotated[Many, typer.Option(help="Id of the HTTP API.")] = None,
    listener: Annotated[Many, typer.Option(help="ARN of a listener that the operator does not own.")] = None,
    load_balancer: Annotated[
        Many, typer.Option(help="ARN of a load balancer that the operator does not own.")
    ] = None,
    pass_role: Annotated[Many, typer.Option(help="ARN of a role that POCs are given; may hold *.")] = None,
    boundary: Annotated[Many, typer.Option(help="ARN of the permissions boundary of POCs' roles.")] = None,
    poc: Annotated[
        str | None, typer.Option(metavar="NAMESPACE/NAME", help="The POC that a task role is for.")
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Who may take the role on, instead.")] = False,
    service_account: Annotated[
        str, typer.Option(help="The operator's service account, for its trust policy.")
    ] = "modelpoc-operator",
    namespace: Annotated[str, typer.Option(help="Its namespace.")] = "modelpoc-system",
    oidc_provider: Annotated[
        str | None,
        typer.Option(metavar="HOST/PATH", help="Trust an OIDC provider (IRSA) instead of EKS Pod Identity."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="Whom of that provider (default: the service account), as in repo:me/mine:pull_request."
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="A document, or a role in Terraform or CloudFormation."),
    ] = Form.JSON,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    context: Context = None,
) -> None:
    """Print the least that a role in AWS must be allowed.

    Derived from what the code declares beside its calls, bound to the tags and names of what modelpoc makes.
    With --platform it is narrowed to that account, region, bucket, roles and whatever else it names; what is
    not known stands as `*`.

    `--format json` is one document, ready for `aws iam put-role-policy`; with --trust for
    `aws iam create-role`.
    """
    of_poc = _poc(poc) if poc else ()
    given = Where(
        partition=(partition,) if partition else (),
        account=_all(account),
        region=_all(region),
        owner=_all(owner_id),
        bucket=_all(bucket),
        cluster=_all(cluster),
        api=_all(api),
        listener=_all(listener),
        load_balancer=_all(load_balancer),
        execution_role=_all(pass_role),
        task_role=_all(pass_role),
        sagemaker_role=_all(pass_role),
        function_role=_all(pass_role),
        boundary=_all(boundary),
        namespace=of_poc[:1],
        poc=of_poc[1:],
    )
    trusted = Trusted(namespace, service_account, oidc_provider, subject)
    if trust and role is Role.BOUNDARY:
        raise typer.BadParameter("nobody takes on a permissions boundary: leave --trust out")
    if role is Role.READER and oidc_provider and not subject:
        raise typer.BadParameter("say by --subject whom of the provider it is for: it is no Pod's role")
    if subject and not oidc_provider:
        raise typer.BadParameter("--subject goes with --oidc-provider: whose word it is")
    where = where_of(_platforms(platform or [], context), given)
    if (trust or form is not Form.JSON) and not where.account and (role is Role.READER or oidc_provider):
        raise typer.BadParameter("name the account (--account, --platform): a trust policy takes no * in it")
    _tell_if_wide(role, where, trust=trust)
    text = FORMS[form](Asked(role, where, trusted, trust_only=trust))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _platforms(named: list[str], context: str | None) -> list[ModelPlatform]:
    found: list[ModelPlatform] = []

    async def find() -> None:
        found.extend(await platforms_of(named, context))

    run(find())
    return found


def _tell_if_wide(role: Role, where: Where, *, trust: bool) -> None:
    """That it allows more than needed, or is longer than IAM takes."""
    if not (where.account and (where.owner or trust)):
        typer.echo(_NARROWER, err=True)
    limit, sort = (MANAGED_LIMIT, "managed") if role is Role.BOUNDARY else (INLINE_LIMIT, "inline")
    if (long := size(policy.document(role, where))) > limit and not trust:
        typer.echo(f"{long} characters: IAM takes {limit} ({sort}); name fewer things, with *", err=True)


def _all(values: list[str] | None) -> tuple[str, ...]:
    return tuple(values or ())


def _poc(poc: str) -> tuple[str, str]:
    """(namespace, name)"""
    namespace, slash, name = poc.partition("/")
    if not (namespace and slash and name):
        raise typer.BadParameter(f"write {poc} as NAMESPACE/NAME")
    return namespace, name
