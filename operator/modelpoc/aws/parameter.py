"""An SSM parameter that the user names: only looked at, and never its value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.permission import reads
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import chunks
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Observed, Resource

PERMISSIONS = (reads("ssm:DescribeParameters"),)


@dataclass(frozen=True, kw_only=True)
class Parameter(Resource):
    """`name` is the ARN that the user gave."""

    kind: ClassVar[str] = "Parameter"


class ParameterKind(BaseKind[Parameter, AwsScope]):
    """attrs["version"] is its version number, as text."""

    kind = "Parameter"

    def reason(self, claim: str | None) -> str:
        return "SecretNotFound"

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        by_path = {path: arn for arn in names for path in paths_of(arn)}
        found = [await _described(scope, some) for some in chunks(sorted(by_path), 50)]
        rows = [row for some in found for row in some if row["Name"] in by_path]
        return {o.name: o for o in (observed(row, by_path[row["Name"]]) for row in rows)}


def paths_of(arn: str) -> tuple[str, ...]:
    """What the parameter may be called; an ARN does not tell `name` from `/name`.

    Source: "Working with parameter hierarchies", AWS Systems Manager User Guide.
    """
    name = arn.partition(":parameter/")[2]
    return (f"/{name}",) if "/" in name else (name, f"/{name}")


def observed(row: Mapping[str, Any], arn: str) -> Observed:
    """One row of DescribeParameters, under the ARN that the user gave."""
    return Observed(
        Parameter.kind, arn, id=arn, attrs={"arn": arn, "id": arn, "version": str(row["Version"])}
    )


async def _described(scope: AwsScope, paths: Collection[str]) -> list[Mapping[str, Any]]:
    filters = [{"Key": "Name", "Option": "Equals", "Values": list(paths)}]
    pages = scope.pages("ssm", "DescribeParameters", ParameterFilters=filters, MaxResults=50)
    return [row async for page in pages for row in page["Parameters"]]
