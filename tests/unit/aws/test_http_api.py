"""HTTP APIs: names in tags, CORS in one form."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.aws import tags
from modelpoc.aws.http_api import Cors, HttpApi, HttpApiKind, cors_of, cors_request, observed, request
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet")
CORS = Cors(origins=("https://B.example", "https://a.example"), methods=("get", "POST"), max_age=60)
API = HttpApi(
    name="modelpoc-fleet-0123456789",
    description="the front",
    cors=CORS,
    disable_execute_api_endpoint=False,
    tags=tags.owner_tags(OWNER, {"team": "ml"}),
)
WORDS = st.tuples() | st.tuples(st.sampled_from(["A", "b", "C-d"]), st.sampled_from(["a", "B"]))


def answered(api: HttpApi) -> dict[str, object]:
    return {
        "ApiId": "a1b2c3d4e5",
        "ProtocolType": "HTTP",
        "ApiEndpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
        "CorsConfiguration": cors_request(api.cors or Cors()),
        "Tags": {**api.tags, tags.RESOURCE: api.name},
        **request(api),
    }


def test_what_was_just_created_shows_no_difference(scope: AwsScope) -> None:
    assert HttpApiKind().diff(API, observed(scope, answered(API))) == ()


def test_it_is_found_by_the_tag_when_somebody_renamed_it(scope: AwsScope) -> None:
    have = observed(scope, answered(API) | {"Name": "renamed by hand"})
    assert have.name == API.name
    assert [c.field for c in HttpApiKind().diff(API, have)] == ["title"]


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Description": "changed"}, "description"),
        ({"DisableExecuteApiEndpoint": True}, "disable_execute_api_endpoint"),
        ({"CorsConfiguration": {"AllowOrigins": ["*"]}}, "cors"),
        ({"Tags": {tags.RESOURCE: API.name}}, "tags"),
    ],
)
def test_a_change_by_hand_is_told(scope: AwsScope, by_hand: dict[str, object], field: str) -> None:
    have = observed(scope, answered(API) | by_hand)
    assert [c.field for c in HttpApiKind().diff(API, have)] == [field]


def test_what_is_not_asked_for_is_not_compared(scope: AwsScope) -> None:
    bare = replace(API, description=None, cors=None, disable_execute_api_endpoint=None)
    have = observed(scope, answered(API) | {"Description": "x", "DisableExecuteApiEndpoint": True})
    assert HttpApiKind().diff(bare, have) == ()


def test_cors_off_is_asked_for_by_no_origins(scope: AwsScope) -> None:
    off = replace(API, cors=Cors())
    assert [c.field for c in HttpApiKind().diff(off, observed(scope, answered(API)))] == ["cors"]
    bare = {k: v for k, v in answered(API).items() if k != "CorsConfiguration"}
    assert HttpApiKind().diff(off, observed(scope, bare)) == ()


@given(st.builds(Cors, WORDS, WORDS, WORDS, WORDS, st.booleans(), st.integers(0, 86_400)))
def test_cors_reads_back_as_written(cors: Cors) -> None:
    assert cors_of(cors_request(cors)) == cors.normal()
    assert cors.normal().normal() == cors.normal()


def test_others_learn_its_endpoint_and_names(scope: AwsScope) -> None:
    attrs = observed(scope, answered(API)).attrs
    assert attrs["id"] == "a1b2c3d4e5"
    assert attrs["endpoint"] == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    assert attrs["arn"] == "arn:aws:apigateway:eu-west-1::/apis/a1b2c3d4e5"
    assert attrs["execute_arn"] == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5"
