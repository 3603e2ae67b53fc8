"""What a platform says of the places in policies: its account, its own things by name, what it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.problems import InvalidObject, parse_platform
from modelpoc.aws.policy_document import PLACES, Values, Where
from modelpoc.catalog.platforms import read_platforms
from modelpoc.cli.faces import CliError
from modelpoc.desired.names import partition
from modelpoc.desired.platform import platform_graph
from modelpoc.kube.cluster import PLATFORM, Cluster, connect
from modelpoc.reconcile.resource import Resource


async def platforms_of(named: Sequence[str], context: str | None) -> list[ModelPlatform]:
    """Each a file of manifests, or the name of one in the cluster. Raises CliError."""
    files = _files(named)
    found = [platform for file in files for platform in _in_file(Path(file))]
    if names := [name for name in named if name not in files]:
        async with connect(context) as cluster:
            found += [await _in_cluster(cluster, name) for name in names]
    return found


def _files(named: Sequence[str]) -> list[str]:
    return [name for name in named if Path(name).is_file() or _like_a_file(name)]


def _like_a_file(name: str) -> bool:
    """So that nobody is told of a cluster who mistyped a path."""
    return "/" in name or Path(name).suffix in (".yaml", ".yml", ".json")


def _in_file(file: Path) -> list[ModelPlatform]:
    if not file.is_file() and not file.is_fifo():
        raise CliError(f"there is no file {file}")
    read, findings = read_platforms(file)
    if findings:
        raise CliError("\n".join(str(finding) for finding in findings))
    return [against.platform for against in read]


async def _in_cluster(cluster: Cluster, name: str) -> ModelPlatform:
    manifest = await cluster.get(PLATFORM, name)
    if manifest is None:
        raise CliError(f"there is no file {name}, and the cluster has no platform of that name")
    try:
        return parse_platform(manifest)
    except InvalidObject as error:
        raise CliError(f"platform {name}: {error}") from error


def where_of(platforms: Iterable[ModelPlatform], given: Where) -> Where:
    """What the platforms say, and whatever is given instead."""
    wheres = [*map(_where, platforms)]
    return Where(**{p: _said(p, wheres, given) for p in PLACES}, whole=bool(wheres))


def _said(place: str, wheres: Sequence[Where], given: Where) -> Values:
    asked: Values = getattr(given, place)
    told = tuple(dict.fromkeys(value for where in wheres for value in getattr(where, place)))
    return asked or told or (("aws",) if place == "partition" else ())


def _where(platform: ModelPlatform) -> Where:
    spec, resources = platform.spec, tuple(platform_graph(platform))
    routing, ecs, allow = spec.routing, spec.ecs, spec.allow
    account = (partition(spec.region), spec.region, spec.account_id)
    return Where(
        partition=account[:1],
        region=account[1:2],
        account=account[2:],
        owner=(platform.owner_id,),
        bucket=(spec.artifacts.bucket,),
        cluster=tuple(_named("Cluster", resources)),
        api=tuple(api.id for api in routing.apis),
        listener=_there(b.listener_arn for b in routing.load_balancers),
        load_balancer=_there(b.arn for b in routing.load_balancers if not b.listener_arn),
        assumed_role=_there([spec.assume_role_arn]),
        execution_role=_there([ecs.execution_role_arn if ecs else None]),
        task_role=_there([ecs.task_role_arn if ecs else None]) + allow.role_arns,
        sagemaker_role=_there([spec.sagemaker.execution_role_arn if spec.sagemaker else None]),
        function_role=_there([spec.lambda_.role_arn if spec.lambda_ else None]),
        boundary=_there([ecs.task_role.per_poc.permissions_boundary_arn if ecs and ecs.task_role else None]),
        secret=tuple(_arns(allow.secret_arns, "secretsmanager", "secret", account)),
        parameter=tuple(_arns(allow.secret_arns, "ssm", "parameter", account)),
        repository=tuple(_repositories(allow.images, account)),
    )


def _named(kind: str, resources: Iterable[Resource]) -> Iterator[str]:
    return (r.name for r in resources if r.kind == kind)


def _there(values: Iterable[str | None]) -> Values:
    return tuple(dict.fromkeys(value for value in values if value))


def _arns(patterns: Iterable[str], service: str, sort: str, account: Values) -> Iterator[str]:
    """The ARNs of one service among patterns of a platform, whose `*` may stand for several parts."""
    end = ":x" if service == "secretsmanager" else "/x"
    for pattern in patterns:
        parts = pattern.split(":", 5)
        if len(parts) == 6 and fnmatchcase(service, parts[2]):
            yield _suffixed(service, ":".join((parts[0], account[0], service, *parts[3:])))
        elif len(parts) < 6 and fnmatchcase(f"arn:aws:{service}:region:account:{sort}{end}", pattern):
            yield f"{':'.join(('arn', account[0], service, *account[1:]))}:{sort}{end[0]}*"


def _suffixed(service: str, arn: str) -> str:
    """IAM asks for a secret by its whole ARN, whose end people may leave out; AWS tells a whole one so too
    ("Finding a secret from a partial ARN", Secrets Manager)."""
    whole = service != "secretsmanager" or arn.endswith("*") or re.search("-[A-Za-z0-9]{6}$", arn)
    return arn if whole else f"{arn}-??????"


def _repositories(patterns: Iterable[str], account: Values) -> Iterator[str]:
    """ECR's among the patterns of images: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`."""
    for pattern in patterns:
        host, _, image = pattern.partition("/")
        if ".dkr.ecr." in host:
            owner, region = host.split(".")[0], host.split(".dkr.ecr.")[1].split(".")[0]
            name = image.partition("@")[0].partition(":")[0]
            yield f"arn:{account[0]}:ecr:{region}:{owner}:repository/{name}"
