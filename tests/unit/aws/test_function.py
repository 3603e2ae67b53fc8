"""Functions: what differs, of what code they are, how they are, and who may call them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.function import Function, FunctionKind
from modelpoc.aws.function_code import Code
from modelpoc.aws.function_request import create, permit
from modelpoc.aws.function_state import CHANGED, CODE, CONFIG, observed, permitted, state, tags_told
from modelpoc.aws.seen import with_fields
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import UNKNOWN, Observed, Phase

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "counter")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:counter-0123456789"
API = "arn:aws:execute-api:eu-west-1:123456789012:api1234567/*/*"
KIND = FunctionKind()
WANT = Function(
    name="counter-0123456789",
    role_arn="arn:aws:iam::123456789012:role/proxy",
    versions={"proxy": "abc", "handler": "etag"},
    environment={"ENDPOINT_NAME": "counter-0123456789"},
    log_group="/modelpoc/fleet/ns/counter",
    invoked_from=API,
    tags=tags.owner_tags(OWNER, {"team": "ml"}),
)
CODE_OF = Code(b"zip")
SIGNED = {**WANT.tags, CODE: CODE_OF.signed(WANT.code)}


def answered(want: Function = WANT, **change: Any) -> dict[str, Any]:
    """As GetFunction tells it."""
    return {
        **create(want),
        "FunctionArn": ARN,
        "CodeSha256": CODE_OF.sha256,
        "LastModified": "2026-11-22T12:00:00.000+0000",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        **change,
    }


def have(found: Mapping[str, str] = SIGNED, **change: Any) -> Observed:
    return with_fields(observed(answered(**change), found), invoked_from=API)


def differing(want: Function, seen: Observed) -> list[str]:
    return [c.field for c in KIND.diff(want, seen)]


def test_as_wanted_nothing_differs() -> None:
    seen = have()
    assert differing(WANT, seen) == []
    assert (seen.id, seen.owner, seen.state.phase) == (ARN, OWNER.mark, Phase.SETTLED)
    assert seen.refs == {WANT.log_group}


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Role": "arn:aws:iam::123456789012:role/other"}, "role_arn"),
        ({"Runtime": "python3.9"}, "runtime"),
        ({"Handler": "other.handler"}, "handler"),
        ({"MemorySize": 128}, "memory"),
        ({"Timeout": 3}, "timeout"),
        ({"Environment": {"Variables": {}}}, "environment"),
        ({"LoggingConfig": {"LogGroup": "/aws/lambda/x"}}, "log_group"),
        ({"CodeSha256": "other"}, "code"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, Any], field: str) -> None:
    assert differing(WANT, have(**by_hand)) == [field]


def test_every_field_of_the_configuration_is_told() -> None:
    told = {c.field for c in KIND.diff(WANT, have(**(dict.fromkeys(create(WANT)) | names())))}
    assert told == CONFIG


def names() -> dict[str, Any]:
    """What no function is without."""
    return {"FunctionName": WANT.name, "Environment": {}, "LoggingConfig": {}}


def test_no_variables_are_none() -> None:
    seen = observed({k: v for k, v in answered().items() if k != "Environment"}, SIGNED)
    assert differing(replace(WANT, environment={}), seen) == []


def test_another_version_is_other_code() -> None:
    assert differing(replace(WANT, versions={**WANT.versions, "handler": "new"}), have()) == ["code"]
    assert differing(replace(WANT, versions={"proxy": "abc"}), have()) == ["code"]


def test_code_that_the_tag_does_not_name_is_not_ours() -> None:
    assert have(CodeSha256="other").fields["code"] == CHANGED
    assert have(found=WANT.tags).fields["code"] == CHANGED


def test_a_version_that_is_not_known_yet_is_a_change() -> None:
    later = replace(WANT, versions={"proxy": "abc", "handler": UNKNOWN})
    (change,) = KIND.diff(later, have())
    assert (change.field, change.want) == ("code", UNKNOWN)


def test_the_tag_fits_what_lambda_allows() -> None:
    value = SIGNED[CODE]
    assert len(value) <= 256
    assert not set(value) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-=._:/@")


def test_tags_of_others_do_not_differ() -> None:
    assert differing(WANT, have({**SIGNED, "backup": "daily"})) == []
    assert differing(WANT, have({**SIGNED, "team": "other"})) == ["tags"]


def test_what_was_not_looked_at_does_not_differ() -> None:
    seen = observed(answered(), SIGNED)
    assert "invoked_from" not in seen.fields
    assert differing(WANT, seen) == []


@pytest.mark.parametrize(
    ("told", "phase", "busy"),
    [
        ({"State": "Pending"}, Phase.SETTLING, True),
        ({"State": "Active"}, Phase.SETTLED, False),
        ({"State": "Active", "LastUpdateStatus": "Successful"}, Phase.SETTLED, False),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, Phase.SETTLING, True),
        ({"State": "Inactive", "LastUpdateStatus": "Successful"}, Phase.SETTLED, False),
        ({"State": "Deleting"}, Phase.GOING, False),
        ({"State": "Failed", "StateReason": "no"}, Phase.BROKEN, False),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, Phase.BROKEN, False),
        ({}, Phase.SETTLED, False),
    ],
)
def test_states(told: dict[str, str], phase: Phase, busy: bool) -> None:
    assert (state(told).phase, state(told).busy) == (phase, busy)


def test_why_it_failed_is_told() -> None:
    failed = {"State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no room"}
    assert "no room" in state(failed).message
    assert state({"State": "Failed", "StateReason": "no role"}).message.endswith("made: no role")


def tried(want: Function, seen: Observed) -> Observed:
    return replace(seen, attrs={**seen.attrs, "tried": want.tried})


def test_an_update_that_lambda_gave_up_on_is_not_tried_again() -> None:
    want = replace(WANT, versions={"proxy": "new"}, memory=512)
    failed = have(LastUpdateStatus="Failed", LastUpdateStatusReason="no room")
    assert differing(want, failed) == ["memory", "code"]
    assert differing(want, tried(want, failed)) == []
    assert KIND.state_for(want, tried(want, failed)).phase is Phase.BROKEN
    assert differing(replace(want, memory=1024), tried(want, failed)) == ["memory", "code"]


def test_what_can_be_mended_is_mended_though_an_update_failed() -> None:
    failed = have({**SIGNED, "team": "other"}, LastUpdateStatus="Failed", MemorySize=128)
    assert differing(WANT, tried(WANT, failed)) == ["tags"]


def test_one_that_could_not_be_made_is_made_anew_only_when_something_changed() -> None:
    dead = tried(WANT, have(State="Failed"))
    assert not KIND.replaces(WANT, dead)
    assert KIND.replaces(replace(WANT, memory=512), dead)
    assert not KIND.replaces(replace(WANT, memory=512), have())


def test_asked_to_what_lambda_gave_up_on_is_tried_again() -> None:
    want = replace(WANT, memory=512)
    again = replace(want, retry=True)
    assert differing(again, tried(want, have(LastUpdateStatus="Failed"))) == ["memory"]
    assert KIND.replaces(again, tried(want, have(State="Failed")))


def test_asked_to_it_is_tried_again_too_when_lambda_shows_what_it_did_not_do() -> None:
    failed = tried(WANT, have(LastUpdateStatus="Failed"))
    assert differing(WANT, failed) == []
    assert differing(replace(WANT, retry=True), failed) == ["code"]


@pytest.mark.parametrize("state", [{}, {"LastUpdateStatus": "InProgress"}, {"State": "Pending"}])
def test_another_try_changes_nothing_of_what_did_not_fail(state: dict[str, str]) -> None:
    again = replace(WANT, retry=True)
    assert differing(again, have(**state)) == []
    assert not KIND.replaces(again, have(**state))


def statement(**change: Any) -> dict[str, Any]:
    return {
        "Sid": "modelpoc",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": API}},
        **change,
    }


@pytest.mark.parametrize(
    ("statements", "source"),
    [
        ([], None),
        ([statement()], API),
        ([statement(Sid="theirs"), statement()], API),
        ([statement(Sid="theirs")], None),
        ([statement(Principal="*")], CHANGED),
        ([statement(Effect="Deny")], CHANGED),
        ([statement(Action="lambda:*")], CHANGED),
        ([statement(Condition={})], CHANGED),
    ],
)
def test_who_may_call(statements: list[dict[str, Any]], source: str | None) -> None:
    assert permitted(json.dumps({"Version": "2012-10-17", "Statement": statements})) == source


def test_one_statement_is_for_all_requests_of_the_api() -> None:
    asked = permit(WANT)
    assert (asked["SourceArn"], asked["Principal"]) == (API, "apigateway.amazonaws.com")


def test_tags_that_may_not_be_read_are_told() -> None:
    with pytest.raises(Stall) as told:
        tags_told({"TagsError": {"ErrorCode": "AccessDeniedException", "Message": "not yours"}})
    assert told.value.reason == "AccessDenied"
    assert "ListTags: not yours" in str(told.value)


def test_the_code_is_shown_nowhere() -> None:
    class Package:
        content = b"secret"

        def with_own(self, source: bytes, name: str) -> Package:
            return self

    packed = replace(WANT, package=Package())
    assert "Package" not in repr(packed)
    assert packed == WANT
