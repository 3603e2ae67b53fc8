"""Hypothesis strategies of valid specs, as people would write them (dicts) and as the models hold them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from modelpoc.api.ecs import CREDENTIAL_ENV, FARGATE_MEMORY, RESERVED_ENV
from modelpoc.api.modelpoc import ModelPOC

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A dict of some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def labels(most: int = 20) -> st.SearchStrategy[str]:
    """DNS labels."""
    return st.from_regex(rf"[a-z0-9]([a-z0-9-]{{0,{most - 2}}}[a-z0-9])?", fullmatch=True)


def variable_names() -> st.SearchStrategy[str]:
    taken = {*RESERVED_ENV, *CREDENTIAL_ENV}
    return st.from_regex("[A-Z_][A-Z0-9_]{0,15}", fullmatch=True).filter(lambda name: name not in taken)


def printable(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=most)


def role_arns() -> st.SearchStrategy[str]:
    return labels().map(lambda name: f"arn:aws:iam::{ACCOUNT}:role/{name}")


def images() -> st.SearchStrategy[str]:
    digest = st.from_regex("[a-f0-9]{64}", fullmatch=True).map(lambda hexes: f"@sha256:{hexes}")
    tag = st.from_regex("[A-Za-z0-9_][A-Za-z0-9._-]{0,8}", fullmatch=True).map(lambda name: f":{name}")
    return (
        st.tuples(labels(), st.one_of(tag, digest))
        .map(lambda parts: f"local/{parts[0]}{parts[1]}")
        .filter(lambda image: "--" not in image)
    )


def sizes() -> st.SearchStrategy[dict[str, int]]:
    """Fargate's pairs of cpu and memory."""
    return st.sampled_from(
        [{"cpu": cpu, "memory": memory} for cpu, choices in FARGATE_MEMORY.items() for memory in choices]
    )


def secret_sources() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        labels().map(lambda n: {"ssmParameterArn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{n}"}),
        labels().map(
            lambda n: {"secretsManagerArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{n}-AbCdEf"}
        ),
        st.tuples(labels(), labels()).map(lambda two: {"secretKeyRef": {"name": two[0], "key": two[1]}}),
    )


@st.composite
def variables(draw: st.DrawFn) -> dict[str, Any]:
    """`env` and `secrets`, of distinct names."""
    names = draw(st.lists(variable_names(), max_size=6, unique=True))
    plain = draw(st.integers(0, len(names)))
    env = [{"name": name, "value": draw(printable(20))} for name in names[:plain]]
    secrets = [{"name": name, **draw(secret_sources())} for name in names[plain:]]
    return {key: entries for key, entries in (("env", env), ("secrets", secrets)) if entries}


@st.composite
def health_checks(draw: st.DrawFn) -> dict[str, Any]:
    timeout = draw(st.integers(2, 60))
    return {
        "timeoutSeconds": timeout,
        "intervalSeconds": draw(st.integers(max(5, timeout + 1), 300)),
        **draw(
            optional(
                path=st.sampled_from(["/health", "/", "/ready?deep=1"]),
                healthyThreshold=st.integers(2, 10),
                unhealthyThreshold=st.integers(2, 10),
                gracePeriodSeconds=st.integers(0, 3600),
                startPeriodSeconds=st.integers(0, 300),
                command=st.lists(printable(10).filter(bool), min_size=1, max_size=3),
            )
        ),
    }


@st.composite
def scalings(draw: st.DrawFn) -> dict[str, Any]:
    """Fixed, by a target, by a schedule, or both; 0 only where a schedule wakes it."""
    kind = draw(st.sampled_from(["fixed", "target", "schedule", "both"]))
    if kind == "fixed":
        count = draw(st.integers(1, 4))
        return {"min": count, "max": count}
    scheduled = kind in ("schedule", "both")
    least = draw(st.integers(0 if scheduled else 1, 3))
    result: dict[str, Any] = {"min": least, "max": draw(st.integers(max(least, 1), 6))}
    if kind in ("target", "both"):
        measure = draw(st.sampled_from(["cpuPercent", "memoryPercent", "requestsPerTarget"]))
        result["target"] = {measure: draw(st.integers(1, 100))}
    if scheduled:
        result["schedule"] = draw(_schedules())
    return result


@st.composite
def _schedules(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(labels(), min_size=1, max_size=3, unique=True))
    return [{"name": name, "min": draw(st.integers(1, 2)), **draw(_times())} for name in names]


def _times() -> st.SearchStrategy[dict[str, str]]:
    cron = st.tuples(st.integers(0, 59), st.integers(0, 23)).map(
        lambda time: {"cron": f"{time[0]} {time[1]} ? * MON-FRI *", "timezone": "Europe/Madrid"}
    )
    return st.one_of(cron, st.just({"at": "2027-01-31T08:00:00"}))


@st.composite
def ecs_specs(draw: st.DrawFn) -> dict[str, Any]:
    """`spec.ecs`."""
    rest = optional(
        port=st.integers(1, 65535),
        architecture=st.sampled_from(["X86_64", "ARM64"]),
        capacity=st.sampled_from(["OnDemand", "Spot"]),
        command=st.lists(printable(10), min_size=1, max_size=3),
        healthCheck=health_checks(),
        scaling=scalings(),
        taskRoleArn=role_arns(),
    )
    size = draw(st.one_of(st.just({}), sizes()))
    return {"image": draw(images()), **size, **draw(variables()), **draw(rest)}


def paths() -> st.SearchStrategy[str]:
    return st.lists(labels(12), min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))


def routes() -> st.SearchStrategy[dict[str, Any]]:
    """`spec.route`; authorizers are left out, as they need the platform's word."""
    return optional(
        path=paths(),
        priority=st.integers(1, 50_000),
        auth=st.sampled_from([{"type": "None"}, {"type": "IAM"}]),
        throttle=st.fixed_dictionaries({"rate": st.integers(1, 10_000), "burst": st.integers(1, 5_000)}),
        cors=st.sampled_from(
            [{"allowOrigins": ["*"]}, {"allowOrigins": ["https://example.org"], "allowCredentials": True}]
        ),
    )


def lives() -> st.SearchStrategy[dict[str, Any]]:
    """`ttl`, `expiresAt` or neither."""
    return st.one_of(
        st.just({}),
        st.from_regex("[1-9][0-9]{0,2}[mhdw]", fullmatch=True).map(lambda ttl: {"ttl": ttl}),
        st.sampled_from(["2027-01-31T18:00:00Z", "2028-02-29T00:00:00.5+01:00"]).map(
            lambda time: {"expiresAt": time}
        ),
    )


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.one_of(st.booleans(), st.integers(-9, 9), printable(5))
    return st.recursive(leaves, _containers, max_leaves=5)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=2), st.dictionaries(labels(5), inner, max_size=2))


@st.composite
def examples(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(labels(), min_size=1, max_size=2, unique=True))
    return [{"name": name, "body": draw(json_values())} for name in names]


@st.composite
def spec_dicts(draw: st.DrawFn) -> dict[str, Any]:
    """Whole specs of ECS POCs, as people write them."""
    rest = optional(
        platformRef=labels().map(lambda name: {"name": name}),
        route=routes(),
        suspend=st.booleans(),
        deletionPolicy=st.sampled_from(["Delete", "Retain"]),
        rollOnArtifactChange=st.booleans(),
        notifications=st.sampled_from([{"events": []}, {"events": ["Failure", "Suspended"]}]),
        examples=examples(),
        tags=st.dictionaries(labels(), labels(), max_size=3),
    )
    return {"ecs": draw(ecs_specs()), **draw(lives()), **draw(rest)}


def pocs(name: str = "experience-linker", namespace: str = "default") -> st.SearchStrategy[ModelPOC]:
    """ECS POCs of one name."""
    return spec_dicts().map(
        lambda spec: ModelPOC.model_validate(
            {"metadata": {"name": name, "namespace": namespace}, "spec": spec}
        )
    )
