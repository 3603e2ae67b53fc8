"""Ownership in tags: what is put on, what comes off, what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.aws import tags
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "team-a", "echo")
KEYS = st.sampled_from(["team", "cost", "stage", "contact"])
USER = st.dictionaries(KEYS, st.text("abc", min_size=1, max_size=3), max_size=4)
FOREIGN = st.dictionaries(st.sampled_from(["backup", "aws:cloudformation:x", "other/tool"]), st.just("x"))


def after(want: dict[str, str], have: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in have.items() if k not in tags.surplus(want, have)}
    return {**kept, **tags.missing(want, have)}


@given(USER, USER, FOREIGN)
def test_one_round_of_mending_reaches_what_is_asked_and_spares_what_others_added(
    before: dict[str, str], now: dict[str, str], foreign: dict[str, str]
) -> None:
    have = {**tags.owner_tags(OWNER, before), **foreign}
    want = tags.owner_tags(OWNER, now)
    mended = after(want, have)
    assert tags.same_tags(want, mended)
    assert mended == {**foreign, **want}


@given(USER, st.text("0123456789abcdef-", min_size=1, max_size=36))
def test_a_rebuilt_object_of_another_uid_changes_nothing(user: dict[str, str], uid: str) -> None:
    assert tags.same_tags(tags.owner_tags(OWNER, user, "old"), tags.owner_tags(OWNER, user, uid))


def test_a_user_cannot_claim_another_owner() -> None:
    forged = {tags.MARK: "modelpoc:00000000:0000000000", tags.NAME: "other"}
    assert tags.mark_of(tags.owner_tags(OWNER, forged)) == OWNER.mark


def test_tags_of_nobody_have_no_mark() -> None:
    assert tags.mark_of({}) is None
    assert tags.mark_of({tags.MARK: "something else"}) is None


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=128), st.just("x"), max_size=12))
def test_however_many_tags_the_user_has_none_of_ours_is_too_long(user: dict[str, str]) -> None:
    want = tags.owner_tags(OWNER, user)
    assert all(len(value) <= 256 for value in want.values())
    assert set(want[tags.USER_KEYS].split() if user else ()) <= user.keys()


def test_a_platform_has_no_empty_tags() -> None:
    assert "" not in tags.owner_tags(Owner("fleet"), {}).values()


def test_a_tag_value_changed_by_hand_is_put_back() -> None:
    want = tags.owner_tags(OWNER, {"team": "a"})
    assert tags.missing(want, {**want, "team": "b"}) == {"team": "a"}
    assert tags.surplus(want, {**want, "team": "b"}) == []


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5)))
def test_both_list_forms_read_back_as_written(some: dict[str, str]) -> None:
    assert tags.from_list(tags.to_list(some)) == some
    assert tags.from_list(tags.to_list(some, "key", "value"), "key", "value") == some


def test_no_list_is_no_tags() -> None:
    assert tags.from_list(None) == {}
