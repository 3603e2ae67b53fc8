"""Why an endpoint failed: which stream is the new fleet's, and what of it is told."""

from __future__ import annotations

import pytest
from tests.unit.aws.sagemaker_answers import BEGAN, NEWER, minutes, seen, told, trying, undone

from modelpoc.aws.endpoint_why import newest, since, worded

pytestmark = pytest.mark.unit

OLD_FLEET = {"logStreamName": "model/old", "creationTime": 1_000_000, "lastEventTimestamp": 9_000_000}
NEW_FLEET = {"logStreamName": "model/new", "creationTime": 5_000_000, "lastEventTimestamp": 6_000_000}
SILENT = {"logStreamName": "model/silent", "creationTime": 5_500_000}


def test_the_new_fleet_is_asked_although_the_old_one_writes_on() -> None:
    assert newest([OLD_FLEET, SILENT, NEW_FLEET], 4_000.0) == "model/new"
    assert newest([OLD_FLEET], 4_000.0) is None
    assert newest([], 0.0) is None


def test_the_new_fleet_is_no_older_than_what_was_tried() -> None:
    assert since(undone()) == minutes(5).timestamp()


def test_a_first_fleet_is_as_old_as_its_endpoint() -> None:
    assert since(seen(told("Failed"))) == BEGAN.timestamp()
    assert since(seen(told("Failed"), trying(NEWER))) == BEGAN.timestamp()


def test_the_end_of_the_log_is_told() -> None:
    assert worded(["Traceback", "KeyError: 'x'"]) == "last lines: Traceback | KeyError: 'x'"
    cut = worded(["x" * 5_000, "the end"])
    assert len(cut) == 1_000
    assert cut.endswith("the end")


def test_silence_is_told_too() -> None:
    assert worded([]) == "its containers wrote nothing"
