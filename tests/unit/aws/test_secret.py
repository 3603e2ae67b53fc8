"""Secrets: values stay hidden, fingerprints tell of changes, versions are ours or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.secret import (
    Secret,
    SecretKind,
    SecretValue,
    current_version,
    fingerprint,
    observed,
)
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.references import resolve

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
NAME = "modelpoc/fleet/ns/echo/db/password"
VALUE = SecretValue(b"hunter2")
WANT = Secret(
    name=NAME, value=VALUE, fingerprint=fingerprint(b"hunter2", NAME), tags=tags.owner_tags(OWNER, {})
)


def answer(version: str) -> dict[str, Any]:
    stages = {"0" * 32: ["AWSPREVIOUS"], version: ["AWSCURRENT"]}
    return {
        "ARN": "arn:secret", "Name": NAME, "Tags": tags.to_list(WANT.tags), "VersionIdsToStages": stages
    }  # fmt: skip


def test_nothing_shows_a_value() -> None:
    shown = f"{VALUE} {VALUE!r} {WANT} {WANT!r} {vars(WANT)} {SecretKind().diff(WANT, observed(answer('x')))}"
    assert "hunter2" not in shown


def test_a_value_survives_the_resolving_of_references() -> None:
    value = resolve(WANT, lambda ref: "known").value
    assert value
    assert value.reveal() == b"hunter2"


def test_fingerprints_tell_values_and_places_apart() -> None:
    assert fingerprint(b"a", NAME) == fingerprint(b"a", NAME)
    assert len({fingerprint(b"a", NAME), fingerprint(b"b", NAME), fingerprint(b"a", "elsewhere")}) == 3


def test_our_own_version_tells_the_fingerprint() -> None:
    have = observed(answer(f"{WANT.fingerprint}-{'a' * 16}"))
    assert SecretKind().diff(WANT, have) == ()
    assert have.attrs["version"] == WANT.fingerprint
    assert have.owner == OWNER.mark


@pytest.mark.parametrize("version", ["f" * 32, "00000000-0000-0000-0000-000000000000", "none"])
def test_a_value_written_by_someone_else_differs(version: str) -> None:
    have = observed(answer(version))
    assert [c.field for c in SecretKind().diff(WANT, have)] == ["fingerprint"]


def test_another_value_differs() -> None:
    have = observed(answer(f"{WANT.fingerprint}-{'a' * 16}"))
    other = replace(WANT, fingerprint=fingerprint(b"hunter3", NAME))
    assert [c.field for c in SecretKind().diff(other, have)] == ["fingerprint"]


def test_the_current_version_is_the_one_that_readers_get() -> None:
    assert current_version({"SecretVersionsToStages": {"a": ["AWSPREVIOUS"], "b": ["AWSCURRENT"]}}) == "b"
    assert current_version({}) == "none"
