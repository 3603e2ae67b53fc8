"""Integrations: owner and name in the description, moved ones, doubles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelpoc.aws.gateway import signature, signed
from modelpoc.aws.integration import Integration, IntegrationKind, observed, request
from modelpoc.aws.seen import one_each, refuse_moved
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:counter-0123456789"
MARK = Owner("fleet").mark
LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/lb/1/2"
INTEGRATION = Integration(
    name="through-lb-0123456789",
    api_id="api1234567",
    vpc_link_id="link12",
    listener_arn=LISTENER,
    mark=str(MARK),
)

TO_FUNCTION = Integration(
    name="api1234567/counter-0123456789", api_id="api1234567", function_arn=FUNCTION, mark=str(MARK)
)


def answered(integration: Integration, integration_id: str = "int1") -> dict[str, object]:
    return {"IntegrationId": integration_id, **request(integration)}


@pytest.mark.parametrize("want", [INTEGRATION, TO_FUNCTION])
def test_what_was_just_created_shows_no_difference(want: Integration) -> None:
    have = observed("api1234567", answered(want))
    assert IntegrationKind().diff(want, have) == ()
    assert (have.name, have.owner) == (want.name, MARK)


def test_routes_learn_their_target_from_it() -> None:
    assert observed("api1234567", answered(INTEGRATION)).attrs["target"] == "integrations/int1"


def test_it_holds_its_api_its_link_and_its_listener() -> None:
    assert observed("api1234567", answered(INTEGRATION)).refs == {"api1234567", "link12", LISTENER}


def test_to_a_function_it_holds_its_api_and_the_function() -> None:
    assert observed("api1234567", answered(TO_FUNCTION)).refs == {"api1234567", FUNCTION}


def test_a_function_may_be_told_in_the_longer_form() -> None:
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
    have = observed("api1234567", answered(TO_FUNCTION) | {"IntegrationUri": uri})
    assert IntegrationKind().diff(TO_FUNCTION, have) == ()
    assert FUNCTION in have.refs


def test_a_function_gets_the_request_in_the_second_format() -> None:
    asked = request(TO_FUNCTION)
    assert (asked["IntegrationType"], asked["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    assert (asked["IntegrationMethod"], asked["IntegrationUri"]) == ("POST", FUNCTION)
    assert "ConnectionId" not in asked


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"vpc_link_id": "link12"},
        {"listener_arn": LISTENER},
        {"vpc_link_id": "l", "function_arn": FUNCTION},
    ],
)
def test_it_leads_one_way(way: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        Integration(name="a", api_id="api1234567", **way)


@pytest.mark.parametrize(
    ("by_hand", "fields"),
    [
        ({"IntegrationUri": FUNCTION + "x"}, {"function_arn"}),
        ({"TimeoutInMillis": 1_000}, {"timeout_ms"}),
        ({"PayloadFormatVersion": "1.0"}, {"payload"}),
        (answered(INTEGRATION), {"function_arn", "type", "method", "payload"}),
    ],
)
def test_a_way_to_a_function_changed_by_hand_is_told(by_hand: dict[str, object], fields: set[str]) -> None:
    have = observed(
        "api1234567", answered(TO_FUNCTION) | by_hand | {"Description": f"{MARK} {TO_FUNCTION.name}"}
    )
    assert {c.field for c in IntegrationKind().diff(TO_FUNCTION, have)} == fields


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"ConnectionId": "other"}, "vpc_link_id"),
        ({"IntegrationUri": LISTENER + "3"}, "listener_arn"),
        ({"TimeoutInMillis": 1_000}, "timeout_ms"),
        ({"IntegrationMethod": "GET"}, "method"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, object], field: str) -> None:
    have = observed("api1234567", answered(INTEGRATION) | by_hand)
    assert [c.field for c in IntegrationKind().diff(INTEGRATION, have)] == [field]


def test_a_parameter_that_aws_keeps_as_empty_is_off() -> None:
    wanted = replace(INTEGRATION, request_parameters={})
    have = observed("api1234567", answered(wanted) | {"RequestParameters": {"append:header.x": ""}})
    assert IntegrationKind().diff(wanted, have) == ()


def test_a_surplus_parameter_is_a_difference_only_when_asked() -> None:
    have = observed("api1234567", answered(INTEGRATION) | {"RequestParameters": {"append:header.x": "1"}})
    assert IntegrationKind().diff(INTEGRATION, have) == ()
    asked = replace(INTEGRATION, request_parameters={})
    assert [c.field for c in IntegrationKind().diff(asked, have)] == ["request_parameters"]


def test_a_foreign_one_is_named_by_its_id() -> None:
    have = observed("api1234567", answered(INTEGRATION) | {"Description": "made by hand"})
    assert (have.name, have.owner) == ("api1234567/int1", None)


def test_in_another_api_it_is_not_the_one_wanted() -> None:
    have = observed("other12345", answered(INTEGRATION))
    changes = IntegrationKind().diff(INTEGRATION, have)
    with pytest.raises(Gone):
        refuse_moved(have, changes, "api_id")


def test_a_double_is_seen_as_a_leftover_of_the_same_owner(scope: AwsScope) -> None:
    first, second = (observed("api1234567", answered(INTEGRATION, i)) for i in ("int1", "int2"))
    kept, double = one_each(scope, [first, second])
    assert kept == first
    assert double.name == f"{INTEGRATION.name} (api1234567/int2)"
    assert double.owner == MARK


def test_of_two_the_one_in_use_keeps_its_name(scope: AwsScope) -> None:
    first, second = (observed("api1234567", answered(INTEGRATION, i)) for i in ("int1", "int2"))
    scope.inventory.wrote(second)
    named = {o.name: o.id for o in one_each(scope, [first, second])}
    assert named[INTEGRATION.name] == second.id


@pytest.mark.parametrize("name", ["a", "two words", "", "with:colon modelpoc:x:y"])
def test_a_signature_reads_back_as_signed(name: str) -> None:
    assert signature(signed(str(MARK), name)) == (MARK, name)


@pytest.mark.parametrize("text", [None, "", "made by hand", "modelpoc: is nice", "modelpoc:half name"])
def test_other_text_is_no_signature(text: str | None) -> None:
    assert signature(text) == (None, text or "")


def test_what_was_ours_keeps_its_name_and_is_no_ones() -> None:
    """By it, it is adopted; another one beside it would keep the function from going."""
    left = observed("api", {"IntegrationId": "i", "Description": "- counter-0123456789"})
    assert (left.name, left.owner) == ("counter-0123456789", None)
    foreign = observed("api", {"IntegrationId": "i", "Description": "somebody's"})
    assert (foreign.name, foreign.owner) == ("api/i", None)
