"""What may happen to a POC that changes its runtime now and then, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.local.moves import Move, faults
from tests.strategies import labels, optional

BROKEN, MISSING = "local/broken:1", "local/missing:1"
CONTENTS = ("one", "two")
"""What an upload may put into the archive, or into the handler."""
GIVEN = "theirs"
"""An endpoint configuration that somebody made."""


def _images() -> st.SearchStrategy[str]:
    return st.sampled_from(["local/counter:1", "local/counter:2"])


@st.composite
def _sizes(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"serverless": {"memory": draw(st.sampled_from([1024, 2048]))}}
    count = draw(st.integers(1, 3))
    instance: dict[str, Any] = {"type": "ml.m5.large", "count": count}
    if draw(st.booleans()):
        instance["scaling"] = {"min": 1, "max": draw(st.integers(3, 5)), "invocationsPerInstance": 50}
    if count == 1 or draw(st.booleans()):
        return {"instance": instance}
    kind = draw(st.sampled_from(["Canary", "Linear"]))
    return {"instance": instance, "rollout": {"type": kind, "instances": 1, "waitSeconds": 60}}


@st.composite
def _made(draw: st.DrawFn) -> dict[str, Any]:
    env = [{"name": "LEVEL", "value": draw(st.sampled_from(["low", "high"]))}]
    more = optional(
        env=st.just(env),
        proxy=st.sampled_from([{"memory": 512}, {"handler": "handler.py"}, {"timeoutSeconds": 9}]),
    )
    captured = optional(dataCapture=st.just({"percent": 50, "destination": "s3://models/captured"}))
    sizes = draw(_sizes())
    kept = draw(captured) if "instance" in sizes else {}
    return {"image": draw(_images()), **sizes, **kept, **draw(more)}


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """Good ones: once settled, they serve."""
    runtime = draw(
        st.one_of(
            _made().map(lambda made: {"sagemaker": made}),
            _made().map(lambda made: {"sagemaker": made}),
            st.just({"sagemaker": {"endpointConfigName": GIVEN}}),
            st.sampled_from([1, 2]).map(lambda n: {"ecs": {"image": f"local/echo:{n}"}}),
        )
    )
    around = optional(
        route=st.sampled_from([{"path": "/elsewhere"}, {"throttle": {"rate": 5, "burst": 5}}]),
        tags=st.dictionaries(labels(), labels(), max_size=2),
        suspend=st.sampled_from([False, False, True]),
        examples=st.just([{"name": "one", "body": {"x": 1}}]),
    )
    return {**runtime, **draw(around)}


def spoiled(spec: dict[str, Any]) -> dict[str, Any]:
    """The same with an image that ends at once, or that is not there."""
    image = (BROKEN, MISSING)[len(str(spec)) % 2]
    runtime = "ecs" if "ecs" in spec else "sagemaker"
    if "image" not in spec[runtime]:
        return spec
    return {**spec, runtime: {**spec[runtime], "image": image}}


def moves() -> st.SearchStrategy[list[Move]]:
    return st.lists(_move(), min_size=1, max_size=4)


def _move() -> st.SearchStrategy[Move]:
    breaking = st.one_of(
        st.just({}),
        st.integers(1, 14).map(lambda n: {"dies_after": n}),
        faults().map(lambda rule: {"fault": rule}),
    )
    passes = st.sampled_from([0, 1, 1, 2, 4, -1])
    spec = st.one_of(specs(), specs(), specs().map(spoiled))
    words = ["suspend", "resume", "delete", *(f"upload {content}" for content in CONTENTS)]
    what = st.one_of(
        spec.map(lambda s: {"what": "apply", "spec": s}),
        spec.map(lambda s: {"what": "apply", "spec": s}),
        st.sampled_from(words).map(lambda word: {"what": word}),
    )
    return st.builds(lambda w, p, b: Move(passes=p, **w, **b), what, passes, breaking)
