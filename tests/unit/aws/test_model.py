"""SageMaker models: the hash of their content, the request, and what is ours."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.model import Model, ModelKind
from modelpoc.aws.sagemaker_content import content_hash
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Ref, Resource

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "counter")
KIND = ModelKind()
WANT = Model(
    name="counter-0123456789",
    image="repo/counter:1",
    model_data_url="s3://models/counter/model.tar.gz",
    environment={"B": "2", "A": "1"},
    execution_role_arn="arn:role",
    versions={"models/counter/model.tar.gz": "etag"},
    tags=tags.owner_tags(OWNER, {}),
)
OTHERWISE: dict[str, Any] = {
    "image": "repo/counter:2", "model_data_url": None, "environment": {"A": "1"},
    "execution_role_arn": "arn:other", "versions": {"models/counter/model.tar.gz": "other"},
}  # fmt: skip


@pytest.mark.parametrize("field", OTHERWISE)
def test_any_other_content_is_another_model(field: str) -> None:
    assert KIND.identify(replace(WANT, **{field: OTHERWISE[field]})) != KIND.identify(WANT)


def test_every_field_of_its_own_but_tags_is_content() -> None:
    own = {f.name for f in fields(Model)} - {f.name for f in fields(Resource)} - {"tags"}
    assert own == OTHERWISE.keys()


def test_tags_and_order_are_no_content() -> None:
    needing = replace(WANT, tags={}, needs=(Ref("LogGroup", "x"),), switch_after=(Ref("Endpoint", "y"),))
    assert content_hash(needing) == content_hash(WANT)
    assert content_hash(replace(WANT, environment={"A": "1", "B": "2"})) == content_hash(WANT)


def test_what_is_not_asked_for_is_no_content() -> None:
    """So that a field that a later version adds moves nothing."""
    bare = replace(WANT, model_data_url=None, environment={}, versions={})
    assert content_hash(bare) == content_hash(
        Model(name="x", image=bare.image, execution_role_arn="arn:role")
    )


def test_a_name_carries_the_hash_and_fits() -> None:
    longest = replace(WANT, name="n" * 52)
    assert len(KIND.identify(longest)) == 63
    assert KIND.identify(WANT) == f"{WANT.name}-{content_hash(WANT)}"


def test_what_is_asked_for_is_told() -> None:
    assert KIND.request(WANT) == {
        "PrimaryContainer": {
            "Image": "repo/counter:1",
            "Environment": {"A": "1", "B": "2"},
            "ModelDataUrl": "s3://models/counter/model.tar.gz",
        },
        "ExecutionRoleArn": "arn:role",
    }
    bare = KIND.request(replace(WANT, model_data_url=None))
    assert "ModelDataUrl" not in bare["PrimaryContainer"]


def test_what_was_made_is_found_under_its_identity() -> None:
    name = KIND.identify(WANT)
    have = KIND.observed({"ModelName": name, "ModelArn": f"arn:{name}"}, WANT.tags)
    assert (have.name, have.id, have.owner, have.attrs["name"]) == (name, f"arn:{name}", OWNER.mark, name)
    assert KIND.diff(WANT, have) == ()
    assert [c.field for c in KIND.diff(replace(WANT, tags={}), have)] == ["tags"]
