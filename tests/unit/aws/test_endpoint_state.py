"""How an endpoint is, for every status that AWS has, and what it points at meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.aws.sagemaker_answers import (
    ARN,
    BEGAN,
    NEW,
    OLD,
    PING,
    PLACE,
    WANT,
    minutes,
    seen,
    told,
    trying,
    updating,
)

from modelpoc.aws.endpoint import EndpointKind
from modelpoc.aws.endpoint_state import IN_TRANSITION, alarm_arn
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

MODEL = botocore.session.get_session().get_service_model("sagemaker")
STATUSES = MODEL.shape_for("EndpointStatus").enum
STAGES = MODEL.shape_for("VariantStatus").enum
names = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True)
tries = st.builds(
    Trying,
    config=names,
    at=st.integers(0, 4_000_000_000_000).map(lambda ms: ms / 1000),
    before=st.one_of(st.just(""), names),
)


@pytest.mark.parametrize(
    ("status", "phase", "reason", "busy", "serving"),
    [
        ("InService", Phase.SETTLED, "", False, OLD),
        ("Creating", Phase.SETTLING, "Creating", True, None),
        ("Updating", Phase.SETTLING, "RollingOut", True, OLD),
        ("RollingBack", Phase.SETTLING, "RollingOut", True, OLD),
        ("SystemUpdating", Phase.SETTLING, "RollingOut", True, OLD),
        ("Deleting", Phase.GOING, "Deleting", True, None),
        ("Failed", Phase.BROKEN, "EndpointFailed", False, None),
        ("OutOfService", Phase.BROKEN, "EndpointFailed", False, None),
        ("UpdateRollbackFailed", Phase.BROKEN, "RolloutFailed", False, OLD),
        ("SomethingNew", Phase.SETTLING, "RollingOut", True, OLD),
    ],
)
def test_each_status_has_its_state(
    status: str, phase: Phase, reason: str, busy: bool, serving: str | None
) -> None:
    have = seen(told(status))
    assert (have.state.phase, have.state.reason, have.state.busy) == (phase, reason, busy)
    assert have.attrs["serving"] == serving
    assert bool(have.state.message) is (phase is not Phase.SETTLED)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_aws_is_known(status: str) -> None:
    have = seen(told(status))
    assert "AWS says" not in have.state.message
    assert have.state.busy is (status in IN_TRANSITION)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_of_a_variant_has_words(stage: str) -> None:
    variant = {"VariantName": "model", "VariantStatus": [{"Status": stage}]}
    assert stage not in seen(updating(ProductionVariants=[variant])).state.message.split(": ")[1]


def test_progress_is_told_as_aws_shows_it() -> None:
    variant: dict[str, Any] = {"VariantName": "model", "CurrentInstanceCount": 1, "DesiredInstanceCount": 2}
    baking = {**variant, "VariantStatus": [{"Status": "Baking"}]}
    message = seen(updating(ProductionVariants=[baking])).state.message
    assert message == f"rolling out {NEW}: 1/2 instances, watched by the alarms"
    assert seen(updating()).state.message == f"rolling out {NEW}"
    scaling = told("Updating", ProductionVariants=[variant])
    assert seen(scaling).state.message == "being updated: 1/2 instances"


def test_serverless_variants_have_no_instances_to_count() -> None:
    variant = {"VariantName": "model", "CurrentServerlessConfig": {"MemorySizeInMB": 1024}}
    assert "instances" not in seen(updating(ProductionVariants=[variant])).state.message


# what serves and what must stay


@pytest.mark.parametrize("shown", [OLD, NEW])
def test_the_old_one_serves_until_the_new_one_is_in_service(shown: str) -> None:
    """Whichever of the two AWS shows as the endpoint's own meanwhile."""
    have = seen(updating(NEW, config=shown), trying())
    assert have.attrs["serving"] == OLD
    assert have.fields["config_name"] == NEW
    assert have.refs >= {f"{PLACE}:endpoint-config/{name}" for name in (OLD, NEW)}


def test_scaling_changes_no_configuration() -> None:
    have = seen(told("Updating"), trying(OLD, ""))
    assert (have.fields["config_name"], have.attrs["serving"], have.attrs["failed"]) == (OLD, OLD, None)


def test_alarms_stay_while_they_watch_and_may_go_afterwards() -> None:
    deployment = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "5xx-counter"}]}}
    alarm = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:5xx-counter"
    assert alarm_arn(ARN, "5xx-counter") == alarm
    for status, held in {"Updating": True, "RollingBack": True, "InService": False}.items():
        assert (alarm in seen(told(status, LastDeploymentConfig=deployment)).refs) is held


def test_names_are_written_small_in_what_it_points_at() -> None:
    assert seen(told(config="My-Config")).refs == {f"{PLACE}:endpoint-config/my-config"}


# the note of what is tried


@given(tries)
def test_a_note_reads_as_it_was_written_and_fits_a_tag(tried: Trying) -> None:
    assert Trying.parse(str(tried)) == tried
    assert len(str(tried)) <= 256


@given(st.text())
def test_what_somebody_else_wrote_is_no_trouble(text: str) -> None:
    read = Trying.parse(text)
    assert read is None or read.config


@given(tried=tries, config=names, later=st.integers(-1000, 1000), reason=st.sampled_from(["", PING]))
def test_only_what_was_modified_since_and_is_on_another_was_undone(
    tried: Trying, config: str, later: int, reason: str
) -> None:
    modified = BEGAN.fromtimestamp(tried.at, BEGAN.tzinfo) + timedelta(milliseconds=later)
    if tried.undone(config, modified, reason):
        assert later > 0
        assert config != tried.config
        assert config == tried.before or (not tried.before and reason)


@given(
    status=st.sampled_from(STATUSES),
    current=st.sampled_from([OLD, NEW]),
    pending=st.sampled_from([None, OLD, NEW]),
    wanted=st.sampled_from([OLD, NEW]),
    tried=st.one_of(st.none(), st.builds(trying, st.sampled_from([OLD, NEW]), st.sampled_from([OLD, NEW]))),
    reason=st.sampled_from(["", PING]),
    minute=st.sampled_from([4, 5, 6]),
)
def test_one_that_is_wanted_is_never_written_without_end(
    status: str,
    current: str,
    pending: str | None,
    wanted: str,
    tried: Trying | None,
    reason: str,
    minute: int,
) -> None:
    """Whatever AWS shows: what it rolled back is no change, and is told; and nothing asks for what is so."""
    answer = told(status, current, LastModifiedTime=minutes(minute), FailureReason=reason)
    if pending and status == "Updating":
        answer["PendingDeploymentSummary"] = {"EndpointConfigName": pending}
    have, want, kind = seen(answer, tried), replace(WANT, config_name=wanted), EndpointKind()
    changes, state = kind.diff(want, have), kind.state_for(want, have)
    if have.attrs["failed"] == wanted:
        assert changes == ()
        assert state.phase in (Phase.BROKEN, Phase.SETTLING, Phase.GOING)
    halfway = status == "UpdateRollbackFailed" and (tried is None or tried.config != wanted)
    if have.fields["config_name"] == wanted and not halfway:  # halfway: one UpdateEndpoint, noted, leads out
        assert {c.field for c in changes} <= {"trying"}
        assert not kind.replaces(want, have)
    if state.phase is Phase.SETTLED and {c.field for c in changes} <= {"trying"}:
        assert have.attrs["serving"] == wanted
