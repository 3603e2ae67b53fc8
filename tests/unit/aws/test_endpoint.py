"""Endpoints: what differs, what AWS is asked for, what was rolled back and what can only be replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.aws.sagemaker_answers import (
    ARN,
    NAME,
    NEW,
    NEWER,
    OLD,
    OWNER,
    PING,
    PLACE,
    WANT,
    seen,
    told,
    trying,
    undone,
    updating,
)

from modelpoc.aws.endpoint import Endpoint, EndpointKind, without_note
from modelpoc.aws.endpoint_request import (
    create_request,
    deployment,
    fitted,
    instances_of,
    longest,
    update_request,
)
from modelpoc.aws.endpoint_rollout import refused
from modelpoc.aws.endpoint_state import observed
from modelpoc.reconcile.errors import Gone, NotYet, Stall
from modelpoc.reconcile.resource import UNKNOWN, Change, Observed, Phase

pytestmark = pytest.mark.unit

KIND = EndpointKind()
TO_NEW = replace(WANT, config_name=NEW)
CANARY = replace(
    TO_NEW,
    rollout="Canary",
    step_instances=1,
    wait_seconds=120,
    alarms=("5xx", "latency"),
    retain_counts=True,
)


def changed(want: Endpoint, have: Observed) -> list[str]:
    return [c.field for c in KIND.diff(want, have)]


# what differs


def test_what_is_as_wanted_shows_no_difference() -> None:
    have = seen()
    assert changed(WANT, have) == []
    assert KIND.state_for(WANT, have).phase is Phase.SETTLED
    assert (have.name, have.id, have.owner, have.attrs["serving"]) == (NAME, ARN, OWNER.mark, OLD)
    assert have.refs == {f"{PLACE}:endpoint-config/{OLD}"}


def test_how_it_rolls_out_is_no_difference() -> None:
    otherwise = replace(
        WANT, rollout="Linear", step_percent=10, wait_seconds=1, alarms=("x",), retain_counts=True, retry=True
    )
    assert changed(otherwise, seen()) == []


def test_another_configuration_and_other_tags_are_changes() -> None:
    assert changed(TO_NEW, seen()) == ["config_name"]
    assert changed(replace(WANT, tags={**WANT.tags, "team": "ml"}), seen()) == ["tags"]


def test_a_configuration_still_to_be_made_is_a_change() -> None:
    assert KIND.diff(replace(WANT, config_name=UNKNOWN), seen()) == (Change("config_name", OLD, UNKNOWN),)


def test_the_note_of_what_was_tried_is_no_tag_of_the_specs() -> None:
    assert changed(WANT, seen(tried=trying())) == []


def test_a_rollout_under_way_to_what_is_wanted_is_waited_for() -> None:
    have = seen(updating(), trying())
    assert changed(TO_NEW, have) == []
    assert KIND.state_for(TO_NEW, have).phase is Phase.SETTLING
    assert changed(WANT, have) == ["config_name"]
    assert have.state.busy


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
def test_what_is_wanted_is_settled_while_aws_scales_or_maintains_it(status: str) -> None:
    have = seen(told(status))
    assert KIND.state_for(WANT, have).phase is Phase.SETTLED
    assert changed(TO_NEW, have) == ["config_name"]
    assert have.state.busy


def test_the_end_of_a_rollout_is_waited_for() -> None:
    """The new fleet serves, and AWS still takes the old one away."""
    have = seen(told("Updating", config=NEW), trying())
    assert (changed(TO_NEW, have), KIND.state_for(TO_NEW, have).phase) == ([], Phase.SETTLING)
    assert have.refs == {f"{PLACE}:endpoint-config/{name}" for name in (OLD, NEW)}


# rolled back


@pytest.mark.parametrize("reason", [PING, ""])
def test_what_aws_rolled_back_is_broken_and_not_tried_again(reason: str) -> None:
    """The reason may be empty: hashicorp/terraform-provider-aws#48997."""
    have = undone(reason)
    state = KIND.state_for(TO_NEW, have)
    assert changed(TO_NEW, have) == []
    assert (state.phase, state.reason) == (Phase.BROKEN, "RolloutFailed")
    assert (reason or "no reason") in state.message
    assert (have.attrs["failed"], have.attrs["serving"]) == (NEW, OLD)


def test_other_differences_are_mended_while_a_rollback_stands() -> None:
    assert changed(replace(TO_NEW, tags={**WANT.tags, "team": "ml"}), undone()) == ["tags"]


def test_a_good_spec_recovers_at_once() -> None:
    have = undone()
    assert changed(replace(WANT, config_name=NEWER), have) == ["config_name"]
    assert changed(WANT, have) == []
    assert KIND.state_for(WANT, have).phase is Phase.SETTLED


def test_a_retry_tries_again_until_it_is_under_way() -> None:
    again = replace(TO_NEW, retry=True)
    assert changed(again, undone()) == ["config_name"]
    assert changed(again, seen(updating(), trying())) == []


def test_going_back_is_waited_for_and_then_told() -> None:
    have = seen(told("RollingBack", FailureReason=PING), trying())
    assert changed(TO_NEW, have) == []
    state = KIND.state_for(TO_NEW, have)
    assert (state.phase, state.busy) == (Phase.SETTLING, True)
    assert PING in state.message
    assert changed(replace(TO_NEW, retry=True), have) == []


def test_a_crash_before_the_update_leaves_a_change() -> None:
    """The note was written, UpdateEndpoint not called: nothing was modified since."""
    have = seen(told(FailureReason="of an earlier rollout"), trying(minute=10))
    assert changed(TO_NEW, have) == ["config_name"]


def test_what_somebody_changed_by_hand_after_a_rollout_is_put_back() -> None:
    have = seen(told(config=NEWER), trying())
    assert changed(TO_NEW, have) == ["config_name"]
    assert have.attrs["failed"] is None


def test_neither_forth_nor_back_is_broken_until_something_else_is_wanted() -> None:
    have = seen(told("UpdateRollbackFailed", FailureReason=PING), trying())
    state = KIND.state_for(TO_NEW, have)
    assert changed(TO_NEW, have) == []
    assert (state.phase, state.reason, state.busy) == (Phase.BROKEN, "RolloutFailed", False)
    assert changed(replace(WANT, config_name=NEWER), have) == ["config_name"]
    assert changed(replace(TO_NEW, retry=True), have) == ["config_name"]


def test_neither_forth_nor_back_is_led_back_by_the_earlier_spec_once() -> None:
    """Both revisions serve then, whatever AWS names as the endpoint's configuration."""
    have = seen(told("UpdateRollbackFailed", FailureReason=PING), trying())
    assert changed(WANT, have) == ["config_name"]
    again = seen(told("UpdateRollbackFailed", FailureReason=PING), trying(config=OLD))
    assert changed(WANT, again) == []
    assert KIND.state_for(WANT, again).phase is Phase.BROKEN


def test_a_retry_during_maintenance_waits_for_its_end() -> None:
    have = seen(told("SystemUpdating", FailureReason=PING), trying())
    assert changed(TO_NEW, have) == []
    assert changed(replace(TO_NEW, retry=True), have) == ["config_name"]
    assert have.state.busy


def test_the_note_of_a_rollout_that_came_true_is_taken_off() -> None:
    have = seen(told(config=NEW), trying())
    assert changed(TO_NEW, have) == ["trying"]
    assert KIND.state_for(TO_NEW, have).phase is Phase.SETTLED
    assert changed(TO_NEW, without_note(have)) == []
    assert without_note(have).fields["tags"] == WANT.tags


def test_what_somebody_led_back_by_hand_is_led_forth_again() -> None:
    have = seen(told(config=OLD))
    assert changed(TO_NEW, have) == ["config_name"]


# replaced


@pytest.mark.parametrize("status", ["Failed", "OutOfService"])
def test_a_failed_endpoint_is_replaced_by_another_configuration_or_a_retry_alone(status: str) -> None:
    have = seen(told(status, FailureReason=PING))
    assert changed(WANT, have) == []
    assert not KIND.replaces(WANT, have)
    state = KIND.state_for(WANT, have)
    assert (state.phase, state.reason, have.attrs["serving"]) == (Phase.BROKEN, "EndpointFailed", None)
    assert PING in state.message
    assert KIND.replaces(TO_NEW, have)
    assert KIND.replaces(replace(WANT, config_name=UNKNOWN), have)
    assert KIND.replaces(replace(WANT, retry=True), have)


def test_tags_of_a_failed_endpoint_are_left_alone() -> None:
    """AWS allows its deletion only."""
    assert changed(replace(WANT, tags={**WANT.tags, "team": "ml"}), seen(told("Failed"))) == []


@pytest.mark.parametrize("have", [seen(), undone(), seen(updating(), trying())])
def test_what_serves_is_never_replaced(have: Observed) -> None:
    assert not KIND.replaces(replace(WANT, config_name=NEWER, retry=True), have)


# requests


def test_a_first_fleet_has_no_traffic_to_shift() -> None:
    request = create_request(CANARY)
    assert request.keys() == {"EndpointName", "EndpointConfigName", "Tags"}


def test_a_canary_goes_back_by_its_alarms() -> None:
    request = update_request(CANARY)
    policy = request["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 120,
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
    }
    rollback = request["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert rollback == {"Alarms": [{"AlarmName": "5xx"}, {"AlarmName": "latency"}]}


def test_linear_steps_are_told_in_percent_or_instances() -> None:
    linear = replace(TO_NEW, rollout="Linear", step_percent=25, alarms=())
    config = deployment(linear)
    routing = config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 25}
    assert (routing["Type"], "AutoRollbackConfiguration" in config) == ("LINEAR", False)


def test_all_at_once_is_awss_own_way_unless_alarms_watch_it() -> None:
    """Serverless endpoints take no deployment configuration."""
    assert "DeploymentConfig" not in update_request(TO_NEW)
    watched = update_request(replace(TO_NEW, alarms=("mine",)))["DeploymentConfig"]
    assert watched["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"


def test_an_earlier_deployment_configuration_is_never_kept() -> None:
    assert update_request(TO_NEW)["RetainDeploymentConfig"] is False


def test_counts_that_autoscaling_decides_are_kept_and_nothing_else() -> None:
    request = update_request(CANARY)
    assert request["RetainAllVariantProperties"] is True
    kept = {p["VariantPropertyType"] for p in request["ExcludeRetainedVariantProperties"]}
    assert kept == {"DataCaptureConfig", "DesiredWeight"}
    plain = update_request(TO_NEW)
    assert plain["RetainAllVariantProperties"] is False
    assert "ExcludeRetainedVariantProperties" not in plain


@pytest.mark.parametrize(
    ("rollout", "more", "waits"),
    [
        ("AllAtOnce", {}, 1), ("Canary", {"step_percent": 50}, 2), ("Linear", {"step_percent": 30}, 4),
        ("Linear", {"step_instances": 1}, 10),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wait", [0, 300, 600])
def test_aws_gives_up_only_after_all_waits(rollout: str, more: dict[str, Any], waits: int, wait: int) -> None:
    want = replace(TO_NEW, rollout=rollout, wait_seconds=wait, **more)
    assert waits * wait + 60 < longest(want) <= 28_800


def test_aws_takes_no_longer_than_eight_hours() -> None:
    assert longest(replace(TO_NEW, rollout="Linear", step_percent=10, wait_seconds=3_600)) == 28_800


@pytest.mark.parametrize(
    ("rollout", "step", "instances", "fits"),
    [
        ("Canary", 2, 4, ("Canary", 2)),
        ("Canary", 2, 3, ("Canary", 1)),
        ("Linear", 2, 2, ("Linear", 1)),
        ("Canary", 1, 1, ("AllAtOnce", 1)),
        ("Canary", 2, 0, ("Canary", 2)),
        ("AllAtOnce", None, 1, ("AllAtOnce", None)),
    ],
)
def test_steps_fit_what_autoscaling_left(
    rollout: str, step: int | None, instances: int, fits: tuple[str, int | None]
) -> None:
    want = fitted(replace(CANARY, rollout=rollout, step_instances=step), instances)
    assert (want.rollout, want.step_instances) == fits
    assert update_request(want)["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]


def test_without_autoscaling_the_spec_decides() -> None:
    assert fitted(replace(CANARY, retain_counts=False), 1).rollout == "Canary"


def test_the_smallest_variant_counts() -> None:
    assert instances_of([{"DesiredInstanceCount": 3}, {"DesiredInstanceCount": 2}]) == 2
    assert instances_of([{"VariantName": "serverless"}]) == 0
    assert instances_of([]) == 0


# refusals


def test_a_deleted_configuration_of_its_own_blocks_it() -> None:
    gone = Gone(f'UpdateEndpoint: Could not find endpoint configuration "{PLACE}:endpoint-config/{OLD}".')
    told_why = refused(gone, TO_NEW, told())
    assert isinstance(told_why, Stall)
    assert (told_why.reason, OLD in str(told_why)) == ("Blocked", True)


def test_what_is_not_visible_yet_is_looked_at_again() -> None:
    gone = Gone(f'UpdateEndpoint: Could not find endpoint configuration "{PLACE}:endpoint-config/{NEW}".')
    assert refused(gone, TO_NEW, told()) is gone
    busy = NotYet("Cannot update in-progress endpoint")
    assert refused(busy, TO_NEW, told()) is busy


def test_an_alarm_that_the_user_named_and_that_is_missing_is_the_users_to_mend() -> None:
    gone = Gone("UpdateEndpoint: Could not find CloudWatch alarm(s): queue-is-long, 5xx-x-0123456789.")
    told_why = refused(gone, replace(TO_NEW, alarms=("5xx-x-0123456789", "queue-is-long")), told())
    assert isinstance(told_why, Stall)
    assert told_why.reason == "InvalidSpec"
    assert "rollout.alarms" in str(told_why)
    assert "queue-is-long" in str(told_why)
    ours = replace(TO_NEW, alarms=("5xx-x-0123456789",))
    assert refused(gone, ours, told()) is gone, "one of ours is made again by itself"


# what is known without another look


def test_tags_that_were_not_read_stay_what_they_were() -> None:
    first = undone()
    again = observed(told(FailureReason=PING), None, first)
    assert "tags" not in again.fields
    assert (again.owner, again.attrs["trying"], again.attrs["failed"]) == (OWNER.mark, str(trying()), NEW)
