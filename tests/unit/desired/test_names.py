"""Names: readable, within AWS's limits, and one owner's alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.api.meta import ObjectMeta
from modelpoc.aws import tags
from modelpoc.aws.tagging import named_like_ours
from modelpoc.desired.names import fit, platform_named, poc_named
from modelpoc.reconcile.owner import Mark, Owner

pytestmark = pytest.mark.unit

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


def meta(name: str = "echo", namespace: str = "team") -> ObjectMeta:
    return ObjectMeta.model_validate({"name": name, "namespace": namespace, "uid": "u-1"})


@given(labels, labels, st.sampled_from([32, 64, 255]))
def test_names_fit_and_can_be_had_everywhere(name: str, namespace: str, limit: int) -> None:
    made = poc_named(meta(name, namespace), "fleet", {}).name(limit)
    assert len(made) <= limit
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", made)
    assert named_like_ours(made)


@given(labels, labels, labels, labels)
def test_no_two_owners_have_one_name(name: str, namespace: str, other: str, elsewhere: str) -> None:
    first, second = poc_named(meta(name, namespace), "f", {}), poc_named(meta(other, elsewhere), "f", {})
    assert (first.name(32) == second.name(32)) == ((name, namespace) == (other, elsewhere))


def test_the_same_owner_has_the_same_name_in_a_rebuilt_cluster() -> None:
    first = poc_named(meta(), "fleet", {})
    second = poc_named(meta().model_copy(update={"uid": "u-2"}), "fleet", {})
    assert first.name(32) == second.name(32)
    assert first.owner.mark == second.owner.mark


def test_another_content_is_another_name_and_the_hyphens_are_no_content() -> None:
    named = poc_named(meta(), "fleet", {})
    assert len({named.name(32), named.name(32, "vpc-1"), named.name(32, "vpc-2")}) == 3
    assert named.name(32, "a", "bc") != named.name(32, "ab", "c")


def test_a_long_name_is_cut_and_no_hyphens_meet() -> None:
    assert fit("a-very-long-name", "0123456789", 14) == "a-v-0123456789"
    assert fit("ab-cd", "0123456789", 14) == "ab-0123456789"


def test_tags_tell_the_owner_and_the_thing_itself() -> None:
    found = poc_named(meta(), "fleet", {"team": "nlp"}).tags("echo-1")
    assert found["team"] == "nlp"
    assert found[tags.RESOURCE] == "echo-1"
    assert tags.mark_of(found) == Owner("fleet", "team", "echo").mark


def test_no_user_tag_takes_the_place_of_ours() -> None:
    found = poc_named(meta(), "fleet", {tags.MARK: str(Mark("x", "y"))}).tags("echo-1")
    assert tags.mark_of(found) == Owner("fleet", "team", "echo").mark


def test_a_platform_is_an_owner_of_its_own() -> None:
    named = platform_named(ObjectMeta.model_validate({"name": "default"}), "fleet", {})
    assert named.owner.mark == Owner("fleet").mark
    assert named.name(32).startswith("modelpoc-fleet-")
