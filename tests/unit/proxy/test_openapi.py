"""The OpenAPI document of a POC behind the built-in function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelpoc.proxy.openapi import Example, document

pytestmark = pytest.mark.unit

PATH = "/poc-deployment/counter"


def body(examples: list[Example]) -> dict[str, Any]:
    found: dict[str, Any] = document("counter", path=PATH, examples=examples)["paths"]["/predict"]["post"]
    content: dict[str, Any] = found["requestBody"]["content"]
    return content


def test_examples_stand_with_their_media_type() -> None:
    content = body(
        [Example("one", {"n": 1}), Example("two", {"n": 2}), Example("csv", "1,2", content_type="text/csv")]
    )
    assert content["application/json"]["examples"] == {"one": {"value": {"n": 1}}, "two": {"value": {"n": 2}}}
    assert content["text/csv"]["examples"] == {"csv": {"value": "1,2"}}


def test_without_an_example_the_body_is_json_of_any_shape() -> None:
    assert body([]) == {"application/json": {"schema": {}}}


def test_it_says_what_there_is_and_what_can_go_wrong() -> None:
    made = document("counter", path=PATH, description="Counts.")
    assert made["openapi"] == "3.1.0"
    assert made["info"]["description"] == "Counts."
    assert list(made["paths"]) == ["/predict", "/health", "/docs"]
    responses = made["paths"]["/predict"]["post"]["responses"]
    assert {"200", "400", "413", "415", "429", "502", "503", "504"} <= set(responses)
    assert "Retry-After" in responses["503"]["headers"]


def test_every_reference_leads_somewhere() -> None:
    made = document("counter", path=PATH)
    references = {part.split('"')[0] for part in json.dumps(made).split('"$ref": "')[1:]}
    assert references == {"#/components/schemas/Error"}
    assert "Error" in made["components"]["schemas"]
