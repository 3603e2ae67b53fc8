"""Parameters and artifacts: how they are called, and when they changed."""

from __future__ import annotations

import pytest

from modelpoc.aws.artifact import NONE, observed, version_of
from modelpoc.aws.parameter import paths_of

pytestmark = pytest.mark.unit

ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/"


@pytest.mark.parametrize(
    ("name", "paths"),
    [("plain", ("plain", "/plain")), ("team/key", ("/team/key",)), ("a.b-c_d", ("a.b-c_d", "/a.b-c_d"))],
)
def test_an_arn_leaves_open_a_slash_at_the_front(name: str, paths: tuple[str, ...]) -> None:
    assert paths_of(ARN + name) == paths


def test_a_changed_object_is_another_version() -> None:
    one = [{"Key": "m/a", "ETag": '"1"'}, {"Key": "m/b", "ETag": '"2"'}]
    assert version_of(one) == version_of(one[::-1])
    assert len({version_of(one), version_of(one[:1]), version_of([one[0], {**one[1], "ETag": '"3"'}])}) == 3


def test_keys_and_tags_do_not_run_into_each_other() -> None:
    assert version_of([{"Key": "a", "ETag": "bc"}]) != version_of([{"Key": "ab", "ETag": "c"}])


def test_nothing_under_the_prefix_is_a_version_too() -> None:
    assert version_of([]) == NONE
    assert observed("bucket/echo/", []).attrs["version"] == NONE
