"""What may happen to a POC, for property tests: specs, suspends, deletions, failures, and what breaks off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.local.engine_world import DOUBT
from tests.strategies import spec_dicts

from localcloud.aws.faults import Rule
from localcloud.context import CloudConfig

KEYS = (("token", "key"), ("token", "other"))
"""(Secret, key) in Kubernetes that specs may name."""
LONG_AFTER = "2090"
"""No scheduled action fires while a test runs."""


@dataclass(frozen=True)
class Given:
    """ARNs of what exists already and specs may name."""

    parameters: tuple[str, ...]
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """One thing that somebody does, and how the operator fares with it."""

    what: str
    """apply, suspend, resume, delete or rotate (another value in a Kubernetes Secret)."""
    spec: dict[str, Any] | None = None
    passes: int = 1
    """How many are run before the next move; -1: until AWS has nothing more to do."""
    dies_after: int | None = None
    """So many writes, and the process is gone."""
    fault: Rule | None = None


def faults() -> st.SearchStrategy[Rule]:
    """One call goes wrong, in one of the ways that leave different things behind; or all reads lag."""
    how = st.sampled_from(
        [
            {"reset": "before"},
            {"reset": "after"},
            {"error": "InternalFailure", "status": 500},
            {"error": "throttle"},
        ]
    )
    once = st.builds(lambda skip, how: Rule(skip=skip, count=1, **how), st.integers(0, 14), how)
    return st.one_of(once, once, once, st.just(Rule(stale_seconds=DOUBT * 0.8)))


def moves(given: Given) -> st.SearchStrategy[list[Move]]:
    return st.lists(_move(given), min_size=1, max_size=4)


def specs(given: Given) -> st.SearchStrategy[dict[str, Any]]:
    """Good ones: once settled, they serve."""
    return spec_dicts().map(lambda spec: fitted(spec, given))


def _move(given: Given) -> st.SearchStrategy[Move]:
    breaking = st.one_of(
        st.just({}),
        st.integers(1, 9).map(lambda n: {"dies_after": n}),
        faults().map(lambda rule: {"fault": rule}),
    )
    passes = st.sampled_from([0, 1, 1, 2, 4, -1])
    spec = st.one_of(specs(given), specs(given), specs(given).map(spoiled))
    what = st.one_of(
        spec.map(lambda s: {"what": "apply", "spec": s}),
        st.sampled_from(["suspend", "resume", "delete", "rotate"]).map(lambda w: {"what": w}),
    )
    return st.builds(lambda w, p, b: Move(passes=p, **w, **b), what, passes, breaking)


def spoiled(spec: dict[str, Any]) -> dict[str, Any]:
    """The same with an image that ends at once, or that cannot be pulled."""
    image = ("local/broken:1", "local/missing:1")[len(str(spec)) % 2]
    return {**spec, "ecs": {**spec["ecs"], "image": image}}


def fitted(spec: dict[str, Any], given: Given) -> dict[str, Any]:
    """Any valid spec, with what it names outside itself replaced by what is there."""
    kept = ("ecs", "suspend", "route", "tags", "rollOnArtifactChange")
    fitting = {name: spec[name] for name in kept if name in spec}
    ecs = dict(spec["ecs"])
    ecs["image"] = f"local/echo:{len(ecs['image']) % 4}"
    ecs["port"] = 1024 + ecs.get("port", 8080) % 60_000  # lower ones are for root
    ecs["env"] = [e for e in ecs.get("env", ()) if e["name"] != "PORT"]
    named = [s for s in ecs.get("secrets", ()) if s["name"] != "PORT"]
    ecs["secrets"] = [_there(secret, number, given) for number, secret in enumerate(named)]
    if "taskRoleArn" in ecs:  # of another account no role can be passed
        ecs["taskRoleArn"] = re.sub(r"::\d{12}:", f"::{CloudConfig.account}:", ecs["taskRoleArn"])
    if "schedule" in ecs.get("scaling", {}):
        scaling = ecs["scaling"]
        ecs["scaling"] = {**scaling, "schedule": [_later(entry) for entry in scaling["schedule"]]}
    route = {name: value for name, value in spec.get("route", {}).items() if name != "cors"}
    return {**fitting, "ecs": ecs, "route": route}


def _there(secret: dict[str, Any], number: int, given: Given) -> dict[str, Any]:
    name = secret["name"]
    if "ssmParameterArn" in secret:
        return {"name": name, "ssmParameterArn": given.parameters[number % len(given.parameters)]}
    if "secretsManagerArn" in secret:
        return {"name": name, "secretsManagerArn": given.secrets[number % len(given.secrets)]}
    where, key = KEYS[number % len(KEYS)]
    return {"name": name, "secretKeyRef": {"name": where, "key": key}}


def _later(entry: dict[str, Any]) -> dict[str, Any]:
    if "at" in entry:
        return {**entry, "at": f"{LONG_AFTER}-01-31T08:00:00"}
    minute, hour = entry["cron"].split()[:2]
    return {**entry, "cron": f"{minute} {hour} ? * MON-FRI {LONG_AFTER}"}
